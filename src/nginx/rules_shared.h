// What several rules ask of a location.
#pragma once

#include <string_view>
#include <vector>

#include "nginx/site.h"

namespace nginx::rules {

/// Whether requests whose paths begin as the location `prefix` says can fit the regular expression of `regex`
/// instead. False for locations that are none of these, or not in one place.
bool takes_from(const Scope& regex, const Scope& prefix);
/// The named locations to which `try_files` and `error_page` of the block itself lead.
std::vector<const Scope*> named_targets(const Sites& sites, const Scope& location);
/// Whether the application behind the location is told there that nobody is signed in, as one says of what is
/// open on purpose: an empty Remote-User or REMOTE_USER, after all others.
bool tells_nobody(const Scope& location);
/// Whether applications look for a user, a group or the like under the name of this header, or parameter
/// HTTP_*.
bool is_identity(std::string_view name);

}  // namespace nginx::rules
