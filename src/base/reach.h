// Which hosts and pages the cookies of the service reach. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"

namespace base {

/// True when cookies for `domain` reach `host` (RFC 6265 section 5.1.3). A host that begins with a dot stands
/// for all hosts below it.
bool covers(std::string_view domain, std::string_view host);

/// The entries of SERVED_HOSTS at which a login signs nobody in, as no cookie of COOKIE_DOMAIN is kept there,
/// those of REDIRECT_HOSTS at which none does, as there is no COOKIE_DOMAIN, and those of CORS_ORIGINS whose
/// pages are of another site than each host of the service (but not this very machine), whatever is a public
/// suffix: one sentence for each, with what would be right.
std::vector<std::string> find_unreached(const Settings& settings);

}  // namespace base
