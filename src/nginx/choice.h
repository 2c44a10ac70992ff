// To which location nginx gives a request: the only place that knows nginx's choice. It takes the longest
// prefix, or the path with `=`, then the same within it, and after that the first regular expression that
// fits, from the innermost block to the server, unless `=` or `^~` or one within forbids it.
#pragma once

#include <vector>

#include "nginx/pattern.h"
#include "nginx/site.h"

namespace nginx {

/// Whether `taker` gets a request that `owner` would get without it, though it does not say its path as a
/// part of the owner's, as a longer prefix does.
bool may_take(const Scope& taker, const Scope& owner);
/// Whether all requests of `inner` have paths that `outer` stands for.
bool lies_within(const Scope& inner, const Scope& outer);
/// Whether nginx may give a request with such a path, also one to which it has moved, to the location.
bool may_get(const Scope& location, const Pattern& path);

}  // namespace nginx
