// What several rules ask of a location.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nginx/site.h"

namespace nginx::rules {

/// Whether one location gets requests that are the other one's by their paths: nginx chooses it in its place,
/// or it runs the other's script by a path that goes on behind it.
bool takes(const Scope& taker, const Scope& owner);

struct Target {
  const Scope* location;
  bool is_of_rewrite;
};
/// The locations to which nginx itself may move requests that are in the block.
std::vector<Target> targets_of(const Sites& sites, const Scope& from);

/// Whether the application behind the location is told there that nobody is signed in, as one says of what is
/// open on purpose: last of all, by each header of the guard, or by the parameter REMOTE_USER, nothing.
bool tells_nobody(const Scope& location);
/// Whether the application behind the location gets the client's cookies as they come, those of the session
/// too.
bool passes_cookies(const Sites& sites, const Scope& location);
/// Whether applications look for a user, a group or the like under the name of this header, or parameter
/// HTTP_*.
bool is_identity(std::string_view name);
/// Whether it is a variable by which the include tells the application somebody, or what of his credentials
/// it gets.
bool is_told_by_variable(std::string_view variable);
/// What the block says beside the include of what the application is told: headers, parameters, and these
/// variables by auth_request_set.
Directives said_beside(const Scope& location);
/// The directive's words, as they are shown.
std::string quoted(const Directive& directive);

}  // namespace nginx::rules
