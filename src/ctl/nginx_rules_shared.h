// What several rules ask of a location.
#pragma once

#include <string_view>
#include <vector>

#include "ctl/nginx_site.h"

namespace ctl::nginx_rules {

/// Whether requests whose paths begin as the location `prefix` says can fit the regular expression of `regex`
/// instead. False for locations that are none of these, or not in one place.
bool takes_from(const NginxScope& regex, const NginxScope& prefix);
/// The named locations to which `try_files` and `error_page` of the block itself lead.
std::vector<const NginxScope*> named_targets(const NginxSites& sites, const NginxScope& location);
/// Whether the application behind the location is told there that nobody is signed in, as one says of what is
/// open on purpose: an empty Remote-User or REMOTE_USER, after all others.
bool tells_nobody(const NginxScope& location);
/// Whether applications look for a user, a group or the like under the name of this header, or parameter
/// HTTP_*.
bool is_identity(std::string_view name);

}  // namespace ctl::nginx_rules
