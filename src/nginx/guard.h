// How the guard's includes are known in a configuration, wherever they come from: by what they say, not by
// the names of their files.
#pragma once

#include <cstddef>
#include <string_view>

#include "nginx/site.h"

namespace nginx {

/// Who is asked before a request is served.
enum class Guard {
  none,
  own,      ///< The guard's include.
  gateway,  ///< A location of this server that asks /verify over HTTP.
  other     ///< Somebody else.
};

/// The URI of the question that counts in the block; empty for none.
std::string_view question_of(const Scope& scope);
Guard guard_of(const Sites& sites, const Scope& scope);
/// The location that asks, of a block with Guard::gateway.
const Scope& gateway_of(const Sites& sites, const Scope& scope);
/// Whether the service decides there: Guard::own or gateway.
bool is_guarded(const Sites& sites, const Scope& scope);
/// Whether the block has the include itself.
bool has_own_guard(const Scope& scope);
/// Whether the block itself has the include for what is open on purpose (open.conf).
bool has_open_include(const Scope& scope);
/// Whether one of the server's locations, or the server, has the include.
bool uses_guard(const Sites& sites, const Scope& server);

/// The places of the include's first directive and of the one behind its last, among the children of the
/// block.
struct Range {
  std::size_t begin = 0, end = 0;
};
/// Of a block that has the include itself.
Range guard_range(const Scope& scope);
/// The block's own directives of these names that are not the include's, before it or after it. In a block
/// without the include, all are after it.
Directives before_guard(const Scope& scope, Names names);
Directives after_guard(const Scope& scope, Names names);
/// Both.
Directives beside_guard(const Scope& scope, Names names);

/// The group that is asked for by `set $required_group` or by the include of a group; empty for none.
std::string_view group_of(const Scope& scope);
/// The value that the block itself gives a variable for the guard, whose name has its `$`; empty for none.
std::string_view own_value(const Scope& scope, std::string_view variable);
/// Whether the file is one of those that scripts/render-nginx makes.
bool is_part(std::string_view file);
/// Whether it is a location of the site, and not of the service's or the guard's own.
bool is_of_site(const Scope& scope);
/// Whether the server is that of the service itself (server.conf).
bool is_service(const Sites& sites, const Scope& server);

}  // namespace nginx
