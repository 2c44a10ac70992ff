// The cookies that the service sets and clears: which, with what attributes, and for how long.
#pragma once

#include <vector>

#include "auth/call.h"
#include "base/config.h"
#include "base/secret.h"
#include "crypto/token.h"

namespace auth {

/// Values of Set-Cookie, as a response or a Problem carries them.
using Cookies = std::vector<base::Secret>;

/// Both tokens of a session, for as long as they live.
void add_session_cookies(const base::Settings& settings, const Call& call,
                         const store::OpenedSession& session, const crypto::TokenPair& pair,
                         Cookies& cookies);
/// The cookie by which this browser is known at its next login.
void add_device_cookie(const base::Settings& settings, const Call& call, const crypto::Token& device,
                       Cookies& cookies);
/// Deletes both tokens in the browser.
void add_cleared_cookies(const base::Settings& settings, const Call& call, Cookies& cookies);

}  // namespace auth
