#include "nginx/listens.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/text.h"

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
  return normal_brackets(host);
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

constexpr std::string_view kIpv4Loopback = "127.0.0.1", kIpv6Loopback = "[::1]";

/// The addresses of a name of this host, without a port.
std::vector<std::string> hosts_of(std::string_view host) {
  if (host == "localhost" || host == "localhost.")
    return {std::string(kIpv4Loopback), std::string(kIpv6Loopback)};
  return {std::string(host)};
}

std::string_view host_of(std::string_view address) {
  return address.substr(0, address.rfind(':'));
}

/// To which addresses of listeners a connection to this one leads, without a port.
std::vector<std::string> find_reached(std::string_view host) {
  constexpr std::string_view kMapped = "[::ffff:";
  if (host == "0.0.0.0") return {std::string(kIpv4Loopback)};
  if (host == "[::]") return {std::string(kIpv6Loopback)};
  if (host.starts_with(kMapped) && host.find('.') != std::string_view::npos)
    return {std::string(host.substr(kMapped.size(), host.size() - kMapped.size() - 1))};
  return hosts_of(host);
}

bool listens_at(const std::map<std::string, Listener>& listeners, const std::string& host,
                const std::string& port) {
  const bool is_ipv6 = host.starts_with('[');
  if (listeners.contains(host + port) || listeners.contains((is_ipv6 ? "[::]" : "*") + port)) return true;
  const auto any = listeners.find("[::]" + port);
  return any != listeners.end() && any->second.takes_ipv4;
}

/// `ssl on` is how nginx before 1.25 may say it.
Listen read_listen(const Scope& server, const Directive& said) {
  const bool is_quic = has_word(said, "quic");
  return {make_listen(said.argument()) + (is_quic ? " quic" : ""),
          has_word(said, "default_server") || has_word(said, "default"),
          is_quic || has_word(said, "ssl") || value_in_force(server, "ssl", "off") == "on",
          has_word(said, "ipv6only=off")};
}

}  // namespace

std::vector<Listen> listens_of(const Scope& server) {
  std::vector<Listen> result;
  for (const auto* said : own(server, {"listen"})) {
    const auto listen = read_listen(server, *said);
    const auto host = host_of(listen.address);
    for (const auto& one : hosts_of(host)) {
      result.push_back(listen);
      result.back().address = one + listen.address.substr(host.size());
    }
  }
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
      listener.takes_ipv4 = listener.takes_ipv4 || listen.takes_ipv4;
      if (!listener.default_server || listen.is_default) listener.default_server = server;
    }
  return result;
}

bool is_default_server(const Sites& sites, const Scope& server) {
  const auto listeners = listeners_of(sites);
  return std::any_of(listeners.begin(), listeners.end(),
                     [&server](const auto& row) { return row.second.default_server == &server; });
}

bool listens_at(const Sites& sites, std::string_view address) {
  const auto listeners = listeners_of(sites);
  const auto host = host_of(address);
  const std::string port(address.substr(host.size()));
  return std::ranges::all_of(find_reached(host),
                             [&](const auto& reached) { return listens_at(listeners, reached, port); });
}

}  // namespace nginx
