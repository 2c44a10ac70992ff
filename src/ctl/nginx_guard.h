// How the guard's includes are known in a configuration, wherever they come from: by what they say, not by
// the names of their files.
#pragma once

#include <cstddef>
#include <string_view>

#include "ctl/nginx_site.h"

namespace ctl {

/// Who is asked before a request is served.
enum class NginxGuard {
  none,
  own,      ///< The guard's include.
  gateway,  ///< A location of this server that asks /verify over HTTP.
  other     ///< Somebody else.
};

/// The URI of the question that counts in the block; empty for none.
std::string_view question_of(const NginxScope& scope);
NginxGuard guard_of(const NginxSites& sites, const NginxScope& scope);
/// Whether the service decides there: NginxGuard::own or gateway.
bool is_guarded(const NginxSites& sites, const NginxScope& scope);
/// Whether the block has the include itself.
bool has_own_guard(const NginxScope& scope);
/// Whether one of the server's locations, or the server, has the include.
bool uses_guard(const NginxSites& sites, const NginxScope& server);

/// The places of the include's first directive and of the one behind its last, among the children of the
/// block.
struct NginxRange {
  std::size_t begin = 0, end = 0;
};
/// Of a block that has the include itself.
NginxRange guard_range(const NginxScope& scope);
/// The block's own directives of these names that are not the include's, before it or after it. In a block
/// without the include, all are after it.
NginxDirectives before_guard(const NginxScope& scope, NginxNames names);
NginxDirectives after_guard(const NginxScope& scope, NginxNames names);
/// Both.
NginxDirectives beside_guard(const NginxScope& scope, NginxNames names);

/// The group that is asked for by `set $required_group` or by the include of a group; empty for none.
std::string_view group_of(const NginxScope& scope);
/// The value that the block itself gives a variable, whose name has its `$`; empty for none.
std::string_view own_value(const NginxScope& scope, std::string_view variable);
/// Whether the file is one of those that scripts/render-nginx makes.
bool is_part(std::string_view file);
/// Whether it is a location of the site, and not of the service's or the guard's own.
bool is_of_site(const NginxScope& scope);
/// Whether the server is that of the service itself (server.conf).
bool is_service(const NginxSites& sites, const NginxScope& server);

}  // namespace ctl
