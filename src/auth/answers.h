// The answers that several handlers give.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "auth/call.h"
#include "auth/service.h"
#include "crypto/token.h"
#include "store/sessions.h"

namespace auth {

/// Status 200 with this body, which must be JSON.
http::Response make_json(std::string body);
/// `{"message": ...}` with status 200.
http::Response make_message(std::string_view message);
/// The user and the session with status 200; and `redirect`, unless that is empty.
http::Response make_user_response(const store::OpenedSession& session, std::string_view redirect = {});
/// The same with both cookies: for every answer that gives the client new tokens.
http::Response make_opened_response(const Service& service, const Call& call,
                                    const store::OpenedSession& session, const crypto::TokenPair& pair,
                                    std::string_view redirect = {});
/// The optional field `redirect` of the body, made safe; empty when it was not given.
std::string_view find_redirect(const Service& service, const Call& call);

/// The header WWW-Authenticate of every 401 (RFC 6750 section 3). `token_given`: some token was presented.
std::pair<std::string_view, std::string> make_challenge(bool token_given);

}  // namespace auth
