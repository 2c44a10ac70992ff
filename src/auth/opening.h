// What registration and login have in common: the session that they open.
#pragma once

#include <optional>
#include <string_view>

#include "auth/call.h"
#include "auth/service.h"
#include "crypto/token.h"

namespace auth {

/// A new session and the tokens that the client gets.
struct Opened {
  store::OpenedSession session;
  crypto::TokenPair pair;
  std::optional<crypto::Token> device;
};

/// Revokes the session that the browser had before, as a login must not leave it live (ASVS 5.0, 7.2.4).
void end_presented_session(Service& service, const Call& call);

/// Stores a new device for a browser that the user has not used before, and returns its token; nothing for a
/// browser that is known. The token is always a fresh one: somebody else may know the one that was presented.
std::optional<crypto::Token> insert_device(Service& service, const Call& call, store::UserId user,
                                           std::string_view username);

/// The user and the session, with all cookies; `redirect` unless it is empty.
http::Response answer_opened(const Service& service, const Call& call, const Opened& opened,
                             std::string_view redirect);

}  // namespace auth
