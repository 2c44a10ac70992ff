// The cookies that the service sets and deletes, with their attributes and lifetimes.
#pragma once

#include <vector>

#include "auth/call.h"
#include "base/config.h"
#include "base/secret.h"
#include "crypto/token.h"

namespace auth {

/// Values of Set-Cookie, as http::Response and base::Problem have them.
using Cookies = std::vector<base::Secret>;

/// Adds the cookies of both tokens; they live as long as the tokens.
void add_session_cookies(const base::Settings& settings, const Call& call,
                         const store::OpenedSession& session, const crypto::TokenPair& pair,
                         Cookies& cookies);
/// Adds the cookie by which this browser is recognised at its next login.
void add_device_cookie(const base::Settings& settings, const Call& call, const crypto::Token& device,
                       Cookies& cookies);
/// With COOKIE_DOMAIN, adds the device cookie of the request again, for the host alone: an earlier version
/// gave it to the whole domain. For answers that do not add another one.
void move_device_cookie(const base::Settings& settings, const Call& call, Cookies& cookies);
/// Adds cookies that make the browser delete both tokens.
void add_cleared_cookies(const base::Settings& settings, const Call& call, Cookies& cookies);
/// Of a token for which cookies have different values, adds cookies that make the browser delete all but the
/// service's own: another host of the domain may have set them, and must not sign anybody out by that.
/// Nothing otherwise.
void add_cleared_strays(const base::Settings& settings, const Call& call, Cookies& cookies);

}  // namespace auth
