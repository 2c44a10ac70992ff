// On which addresses servers listen, and which one gets what fits no name: the default server.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/site.h"

namespace nginx {

struct Listen {
  /// In one form: any address of IPv4 is `*`, any of IPv6 `[::]`, as each has servers of its own, and 80 the
  /// port where none is said. One of QUIC ends with ` quic`.
  std::string address;
  bool is_default;
  bool is_tls;
  bool takes_ipv4 = false;  ///< One of IPv6 gets what comes by IPv4, too: `ipv6only=off`.
};
/// `localhost` has an address of each family.
std::vector<Listen> listens_of(const Scope& server);

/// What nginx knows of an address.
struct Listener {
  const Scope* default_server = nullptr;
  std::vector<const Scope*> servers;  ///< With the default server, in their order.
  bool is_tls = false;                ///< Of all of its servers, where one says so.
  bool takes_ipv4 = false;            ///< So, too.
};
std::map<std::string, Listener> listeners_of(const Sites& sites);
/// Whether the server gets requests with any host.
bool is_default_server(const Sites& sites, const Scope& server);
/// Whether whoever connects to the address of this host, in the form of full_address(), comes to one of the
/// servers, by each family that the address has.
bool listens_at(const Sites& sites, std::string_view address);

}  // namespace nginx
