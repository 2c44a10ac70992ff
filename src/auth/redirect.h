// Where a browser may be sent: back after a login, and from a guarded page to the login. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/config.h"

namespace auth {

/// Returns `address` if it is a path, or an http or https URL of `own_origin`, of PUBLIC_URL if it was set,
/// or of one of REDIRECT_HOSTS; else `/`. `own_origin` is the origin that the client used to reach the
/// service. What a browser might read differently (control characters, user information, and before the query
/// backslashes) gives `/` too (CWE-601). A view into `address` or a constant.
std::string_view choose_redirect(const base::Settings& settings, std::string_view own_origin,
                                 std::string_view address);

/// Why choose_redirect() gave `/` in place of `address`, for the log. Names the host but neither path nor
/// query, in which secrets may be.
std::string describe_refused_redirect(std::string_view address);

/// The URL of the login page with `original_url` as the place to return to. What is too long for a header
/// comes back to the path without the query, or if the path is too long by itself, to no place, as does what
/// is not an http or https URL.
std::string make_login_url(const base::Settings& settings, std::string_view original_url);

/// Where to come back to after a request that cannot be made again, or that only a part of a page made:
/// `referer` if it is of the origin of `original_url`, else `original_url`.
std::string_view choose_return(std::string_view original_url, std::string_view referer);

}  // namespace auth
