#include "nginx/listens.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"
#include "nginx/names.h"

namespace nginx {
namespace {

/// An address of IPv6 in brackets, in the one form that RFC 5952 gives it; any other text as it is.
std::string normal_brackets(const std::string& host) {
  std::array<unsigned char, 16> bytes{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (!host.starts_with('[') || !host.ends_with(']') ||
      ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), bytes.data()) != 1)
    return host;
  ::inet_ntop(AF_INET6, bytes.data(), text.data(), text.size());
  return std::string("[") + text.data() + "]";
}

std::string normal_host(std::string_view text) {
  const auto host = base::to_lower(text);
  if (host == "0.0.0.0") return "*";
  return host == "localhost" ? "127.0.0.1" : normal_brackets(host);
}

std::string make_listen(std::string_view text) {
  if (text.starts_with("unix:")) return std::string(text);
  const bool is_port = text.find_first_not_of("0123456789") == std::string_view::npos;
  if (is_port) return "*:" + std::string(text);
  const auto colon = text.find(':', text.rfind(']') == std::string_view::npos ? 0 : text.rfind(']'));
  const auto port = colon == std::string_view::npos ? ":80" : text.substr(colon);
  return normal_host(text.substr(0, colon)) + std::string(port);
}

bool has_word(const Directive& directive, std::string_view wanted) {
  return std::find(directive.words.begin() + 1, directive.words.end(), wanted) != directive.words.end();
}

/// `ssl on` is how nginx before 1.25 may say it.
Listen read_listen(const Scope& server, const Directive& said) {
  const bool is_quic = has_word(said, "quic");
  return {make_listen(said.argument()) + (is_quic ? " quic" : ""),
          has_word(said, "default_server") || has_word(said, "default"),
          is_quic || has_word(said, "ssl") || value_in_force(server, "ssl", "off") == "on"};
}

}  // namespace

std::vector<Listen> listens_of(const Scope& server) {
  std::vector<Listen> result;
  for (const auto* said : own(server, {"listen"})) result.push_back(read_listen(server, *said));
  if (result.empty()) result.push_back({"*:80", false, value_in_force(server, "ssl", "off") == "on"});
  return result;
}

std::map<std::string, Listener> listeners_of(const Sites& sites) {
  std::map<std::string, Listener> result;
  for (const auto* server : sites.servers)
    for (const auto& listen : listens_of(*server)) {
      auto& listener = result[listen.address];
      listener.servers.push_back(server);
      listener.is_tls = listener.is_tls || listen.is_tls;
      if (!listener.default_server || listen.is_default) listener.default_server = server;
    }
  return result;
}

bool is_default_server(const Sites& sites, const Scope& server) {
  const auto listeners = listeners_of(sites);
  return std::any_of(listeners.begin(), listeners.end(),
                     [&server](const auto& row) { return row.second.default_server == &server; });
}

/// normal_address() makes one name of the two of this host, so that both families count here.
bool listens_at(const Sites& sites, std::string_view address) {
  const auto listeners = listeners_of(sites);
  const std::string port(address.substr(address.rfind(':')));
  return std::any_of(listeners.begin(), listeners.end(), [&](const auto& row) {
    return row.first == "*" + port || row.first == "[::]" + port ||
           normal_address(row.first, "80") == address;
  });
}

}  // namespace nginx
