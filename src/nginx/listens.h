// On which addresses servers listen, and which one gets what fits no name: the default server.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nginx/site.h"

namespace nginx {

struct Listen {
  /// In one form: any address of IPv4 is `*`, any of IPv6 `[::]`, as each has servers of its own, and 80 the
  /// port where none is said. One of QUIC ends with ` quic`.
  std::string address;
  bool is_default;
  bool is_tls;
};
std::vector<Listen> listens_of(const Scope& server);

/// What nginx knows of an address.
struct Listener {
  const Scope* default_server = nullptr;
  std::vector<const Scope*> servers;  ///< With the default server, in their order.
  bool is_tls = false;                ///< Of all of its servers, where one says so.
};
std::map<std::string, Listener> listeners_of(const Sites& sites);
/// Whether the server gets requests with any host.
bool is_default_server(const Sites& sites, const Scope& server);
/// Whether whoever connects to the address, in the form of normal_address(), comes to one of the servers.
bool listens_at(const Sites& sites, std::string_view address);

}  // namespace nginx
