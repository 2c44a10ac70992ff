// Answers that several handlers give.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "auth/call.h"
#include "auth/service.h"
#include "crypto/token.h"
#include "store/sessions.h"

namespace auth {

/// Status 200 with `body`, which must be JSON.
http::Response make_json(std::string body);
/// Status 200 with `{"message": ...}`, and with `redirect` unless it is empty.
http::Response make_message(std::string_view message, std::string_view redirect = {});
/// Status 200 with the user and the session, and with `redirect` unless it is empty. `spared` says that the
/// client has asked for new tokens and needs none.
http::Response make_user_response(const store::OpenedSession& session, std::string_view redirect = {},
                                  bool spared = false);
/// The same with both cookies, for answers that give the client new tokens.
http::Response make_opened_response(const Service& service, const Call& call,
                                    const store::OpenedSession& session, const crypto::TokenPair& pair,
                                    std::string_view redirect = {});
/// Adds to the answer for a client that has ended its own session: deletes both cookies, and has the browser
/// drop the pages of this origin that it has fetched or rendered in advance. It asks for no more than that
/// (docs/security.md, T11), as other applications may share the host; and over TLS only, where browsers heed
/// it.
void add_farewell(const Service& service, const Call& call, http::Response& response);
/// The field `redirect` of the body as choose_redirect() allows it; empty when the body has none. Logs when
/// it is refused.
std::string_view find_redirect(const Service& service, const Call& call);

/// The refusal with the cookies deleted that another host of the domain has set under names of the service;
/// unchanged where there are none.
base::Problem without_strays(const Service& service, const Call& call, base::Problem problem);

/// The same for a refusal for which the token that decides did not count because of such cookies:
/// Retry-After: 0 says that the request may be sent again at once.
base::Problem offer_another_try(const Service& service, const Call& call, base::Problem problem);

/// The header WWW-Authenticate of a 401 (RFC 6750 section 3). `token_given` says whether the request had a
/// token.
std::pair<std::string_view, std::string> make_challenge(bool token_given);

}  // namespace auth
