// On which addresses servers listen, and which one gets what fits no name: the default server.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nginx/site.h"

namespace nginx {

struct Listen {
  std::string address;  ///< In one form: any address is `*`, and 80 the port where none is said.
  bool is_default;
};
std::vector<Listen> listens_of(const Scope& server);

/// The default server of each address.
std::map<std::string, const Scope*> default_servers(const Sites& sites);
/// Whether the server gets requests with any host.
bool is_default_server(const Sites& sites, const Scope& server);

}  // namespace nginx
