// What several rules ask of a location.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nginx/site.h"

namespace nginx::rules {

/// Whether requests whose paths begin as the location `prefix` says can fit the regular expression of `regex`
/// instead. False for locations that are none of these, or not in one place.
bool takes_from(const Scope& regex, const Scope& prefix);
/// Whether the regular expression, in a location for scripts, can fit a path that goes on behind a script's
/// (`/a.php/b.php`), whose location compares the whole path and so does not get it.
bool reaches_script(const Scope& regex, const Scope& script);
/// The named locations to which `try_files` and `error_page` of the block itself lead.
std::vector<const Scope*> named_targets(const Sites& sites, const Scope& location);
/// Whether the application behind the location is told there that nobody is signed in, as one says of what is
/// open on purpose: an empty Remote-User or REMOTE_USER, after all others.
bool tells_nobody(const Scope& location);
/// Whether applications look for a user, a group or the like under the name of this header, or parameter
/// HTTP_*.
bool is_identity(std::string_view name);
/// Whether the text has the variable, whose name has its `$`, and not only one whose name begins so.
bool has_variable(std::string_view text, std::string_view variable);
/// The names of the variables in the text, with their `$`.
std::vector<std::string> variables_in(std::string_view text);
/// Whether a header, a query or a cookie of the client stands in the value.
bool is_of_client(std::string_view value);
/// The directive's words, as they are shown.
std::string quoted(const Directive& directive);

}  // namespace nginx::rules
