// Where a browser may be sent: back to a place after a login, and from a guarded place to the login. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/config.h"

namespace auth {

/// `address` when it is a path on this host, or http(s) on this host, on PUBLIC_URL's or on one of
/// REDIRECT_HOSTS; else `/`. `own_origin` is the one under which the client reached us. Whatever browsers
/// might read in another way than we do (backslashes, control characters, user-info) is `/` (CWE-601).
std::string_view choose_redirect(const base::Settings& settings, std::string_view own_origin,
                                 std::string_view address);

/// The login page that leads back to `original_url`; without the way back when that is no web address, or
/// too long to travel in a header and a request line.
std::string make_login_url(const base::Settings& settings, std::string_view original_url);

}  // namespace auth
