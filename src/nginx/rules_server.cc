// Settings of servers and of the block http: docs/nginx.md, N21, "Into your own nginx", "Behind another
// proxy" and "Who may have an account".
#include <algorithm>
#include <array>
#include <map>

#include "base/network.h"
#include "nginx/guard.h"
#include "nginx/listens.h"
#include "nginx/origins.h"
#include "nginx/rules.h"
#include "nginx/rules_shared.h"

namespace nginx::rules {
namespace {

struct Loose {
  std::string_view name, value;
  bool is_of_headers;
};
constexpr std::array kLoose{Loose{"merge_slashes", "off", false}, Loose{"underscores_in_headers", "on", true},
                            Loose{"ignore_invalid_headers", "off", true}};

/// Variables of which the value has a query or a credential. What follows a name may not go on with it.
constexpr std::array<std::string_view, 8> kTelling{
    "$request",     "$request_uri",        "$args",        "$query_string", "$http_referer",
    "$http_cookie", "$http_authorization", "$request_body"};

constexpr std::array<std::string_view, 3> kOfProxies{"$http_x_forwarded_for", "$http_x_forwarded_proto",
                                                     "$http_x_real_ip"};

std::set<const Scope*> find_guarded_servers(const Sites& sites) {
  std::set<const Scope*> result;
  for (const auto& scope : sites.scopes)
    if (is_guarded(sites, scope)) result.insert(scope.server);
  return result;
}

/// A server by whose settings nginx reads a part of the requests to a guarded one: all of a header that comes
/// after Host, or whatever comes before that.
struct Reader {
  const Scope* server;
  bool is_after_host;
  std::string what;
};

/// What comes before Host is read by the settings of the default server, or with TLS of the one that the
/// client names by SNI, which may be any server of the address.
std::vector<Reader> readers_of(const std::map<std::string, Listener>& listeners, const Scope& guarded) {
  std::vector<Reader> result;
  for (const auto& listen : listens_of(guarded)) {
    const auto& listener = listeners.at(listen.address);
    result.push_back({listener.default_server, false, "the default server of " + listen.address});
    if (!listener.is_tls) continue;
    for (const auto* server : listener.servers)
      result.push_back({server, false, "a server of " + listen.address + ", which a client can name by SNI"});
  }
  result.push_back({&guarded, true, "a guarded server"});
  return result;
}

template <class List>
bool has_any_variable(const Directive& directive, const List& variables) {
  return std::any_of(directive.words.begin(), directive.words.end(), [&variables](auto word) {
    return std::any_of(variables.begin(), variables.end(),
                       [word](auto name) { return has_variable(word, name); });
  });
}

/// The name of the format in which a log is written; empty where nothing is written.
std::string_view format_of(const Directive& log) {
  if (log.argument() == "off" || log.argument() == "/dev/null") return {};
  const auto format = log.argument(1);
  return format.empty() || format.find('=') != std::string_view::npos ? "combined" : format;
}

/// nginx's own format has the request line.
bool tells_queries(const Scope& http, std::string_view format) {
  if (format == "combined") return true;
  const auto formats = own(http, {"log_format"});
  return std::any_of(formats.begin(), formats.end(), [format](const auto* row) {
    return row->argument() == format && has_any_variable(*row, kTelling);
  });
}

/// Notes each directive in the block that goes by a header of proxies, and is neither ours nor of a log.
void note_believed(const Directive& block, const Note& note) {
  for (const auto& child : block.children) {
    if (child.name() == "server" || child.name() == "log_format" || is_part(child.written.file)) continue;
    if (has_any_variable(child, kOfProxies))
      note(child.at, "`" + std::string(child.name()) + "` goes by a header of proxies");
    note_believed(child, note);
  }
}

/// Notes each limit of the block http that the server does not inherit, as the parts of the service give it
/// one of the same name.
void note_lost_limit(const Scope& server, std::string_view name, const Note& note) {
  const auto limits = own(server, {name});
  const bool is_of_parts = std::all_of(limits.begin(), limits.end(),
                                       [](const auto* limit) { return is_part(limit->written.file); });
  if (limits.empty() || !is_of_parts) return;
  for (const auto* lost : own(*server.outer, {name}))
    note(limits.front()->at, "the server loses " + quoted(*lost) + " of the block http");
}

}  // namespace

void find_loose_server(const Sites& sites, const Note& note) {
  std::set<const Directive*> noted;
  const auto listeners = listeners_of(sites);
  const auto guarded_servers = find_guarded_servers(sites);
  for (const auto* guarded : sites.servers) {
    if (!guarded_servers.contains(guarded)) continue;
    for (const auto& reader : readers_of(listeners, *guarded))
      for (const auto& [name, value, is_of_headers] : kLoose) {
        const auto found = in_force(*reader.server, {name});
        const bool counts = (is_of_headers || !reader.is_after_host) && !found.empty();
        if (counts && found.front()->argument() == value && noted.insert(found.front()).second)
          note(found.front()->at, "`" + std::string(name) + " " + std::string(value) + "` in " + reader.what);
      }
  }
}

void find_lost_limit(const Sites& sites, const Note& note) {
  for (const auto* server : sites.servers)
    for (const std::string_view name : {"limit_req", "limit_conn"}) note_lost_limit(*server, name, note);
}

void find_logged_queries(const Sites& sites, const Note& note) {
  for (const auto* server : sites.servers) {
    if (!is_service(sites, *server)) continue;
    const auto logs = in_force(*server, {"access_log"});
    if (logs.empty())
      note(server->block->at, "the service's server has no `access_log`, so nginx's own format counts");
    for (const auto* log : logs)
      if (tells_queries(*server->outer, format_of(*log)))
        note(log->at,
             "the format " + std::string(format_of(*log)) + " writes queries of the service's server");
  }
}

void find_believed_header(const Sites& sites, const Note& note) {
  for (const auto* server : sites.servers)
    if (uses_guard(sites, *server) && in_force(*server, {"set_real_ip_from"}).empty()) {
      note_believed(*server->block, note);
      if (server->outer) note_believed(*server->outer->block, note);
    }
}

void find_believed_strangers(const Sites& sites, const Note& note) {
  for (const auto& scope : sites.scopes)
    for (const auto* from : own(scope, {"set_real_ip_from"}))
      if (base::is_network(from->argument()) &&
          base::find_network_fault(from->argument()).find("strangers") != std::string::npos)
        note(from->at, "`set_real_ip_from " + std::string(from->argument()) + "`");
}

void find_other_header(const Sites& sites, const Note& note) {
  for (const auto* server : sites.servers) {
    const auto from = own(*server, {"set_real_ip_from"});
    const auto outer = in_force(*server->outer, {"real_ip_header"});
    if (!from.empty() && !outer.empty() && is_part(outer.front()->written.file) &&
        own(*server, {"real_ip_header"}).empty())
      note(from.front()->at, "`set_real_ip_from` without a `real_ip_header` in a server");
  }
}

void find_idle_access(const Sites& sites, const Note& note) {
  for (const auto* location : sites.locations) {
    const auto rewrites = own(*location, {"rewrite"});
    const bool to_service = std::any_of(rewrites.begin(), rewrites.end(), [](const auto* rewrite) {
      return rewrite->argument(1).starts_with("/_sessiond/");
    });
    if (!to_service || is_part(location->block->written.file)) continue;
    for (const auto* rule : own(*location, {"allow", "deny", "auth_basic"}))
      note(rule->at, "`" + std::string(rule->name()) + "` in the location " + std::string(location->path()));
  }
}

}  // namespace nginx::rules
