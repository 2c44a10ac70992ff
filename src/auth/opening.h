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

/// Whose session is opened, and why.
struct Opening {
  store::UserId user;
  std::string_view event;                         ///< The word for it in the history.
  bool device_known = false;                      ///< The browser is known for the user.
  bool tells_device = false;                      ///< The history tells whether it was known.
  std::optional<std::string_view> verified = {};  ///< The hash that the password matches; nothing for any.
};

/// Opens the session and commits the transaction, in one round trip. Revokes the session that the browser had
/// before, as a login must not leave it live (ASVS 5.0, 7.2.4), and those of the user in excess of
/// MAX_SESSIONS_PER_USER. A browser that is not known becomes a device of the user, with a token of its own:
/// somebody else may know the one that was presented. Nothing, with nothing changed by this, when the hash is
/// no longer the stored one or the user is disabled or gone. Throws pg::Error.
std::optional<Opened> open_session(Service& service, const Call& call, pg::Transaction& transaction,
                                   const Opening& opening);

/// The user and the session, with all cookies; `redirect` unless it is empty.
http::Response answer_opened(const Service& service, const Call& call, const Opened& opened,
                             std::string_view redirect);

}  // namespace auth
