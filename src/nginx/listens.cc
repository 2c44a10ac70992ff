#include "nginx/listens.h"

#include <algorithm>
#include <string_view>

namespace nginx {
namespace {

std::string make_listen(std::string_view text) {
  if (text.starts_with("unix:")) return std::string(text);
  const bool is_port = text.find_first_not_of("0123456789") == std::string_view::npos;
  if (is_port) return "*:" + std::string(text);
  std::string address(text);
  if (address.find(':', address.rfind(']') + 1) == std::string::npos) address += ":80";
  for (const std::string_view any : {"0.0.0.0:", "[::]:"})
    if (address.starts_with(any)) return "*:" + address.substr(any.size());
  return address;
}

}  // namespace

std::vector<Listen> listens_of(const Scope& server) {
  std::vector<Listen> result;
  for (const auto* listen : own(server, {"listen"})) {
    const auto& words = listen->words;
    const bool is_default = std::any_of(
        words.begin(), words.end(), [](auto word) { return word == "default_server" || word == "default"; });
    result.push_back({make_listen(listen->argument()), is_default});
  }
  if (result.empty()) result.push_back({"*:80", false});
  return result;
}

std::map<std::string, const Scope*> default_servers(const Sites& sites) {
  std::map<std::string, const Scope*> result;
  for (const auto* server : sites.servers)
    for (const auto& listen : listens_of(*server))
      if (auto& place = result[listen.address]; !place || listen.is_default) place = server;
  return result;
}

bool is_default_server(const Sites& sites, const Scope& server) {
  const auto defaults = default_servers(sites);
  return std::any_of(defaults.begin(), defaults.end(),
                     [&server](const auto& row) { return row.second == &server; });
}

}  // namespace nginx
