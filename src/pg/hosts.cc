#include "pg/hosts.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <system_error>
#include <thread>

#include "base/clock.h"

namespace pg {
namespace {

/// The parts between commas, empty ones too; none for an empty text.
std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  if (text.empty()) return parts;
  for (;;) {
    const auto comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

std::string part_of(const std::vector<std::string>& parts, std::size_t i) {
  if (parts.empty()) return {};
  return parts.size() == 1 ? parts[0] : parts[i];
}

std::size_t count_hosts(std::string_view names, std::string_view addresses) {
  return std::max<std::size_t>({1, split(names).size(), split(addresses).size()});
}

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

/// Calls `function` in a thread of its own. Throws system_error when none can be started.
std::future<Addresses> begin_lookup(const std::function<Addresses(const std::string&)>& function,
                                    const std::string& name) {
  std::packaged_task<Addresses()> task([function, name] { return function(name); });
  auto addresses = task.get_future();
  std::thread(std::move(task)).detach();
  return addresses;
}

}  // namespace

bool hosts_fit(std::string_view names, std::string_view addresses, std::string_view ports) {
  const auto count = count_hosts(names, addresses);
  const auto fits = [&](std::string_view list) { return list.empty() || split(list).size() == count; };
  return fits(names) && fits(addresses) && (split(ports).size() <= 1 || fits(ports));
}

std::vector<Host> list_hosts(std::string_view names, std::string_view addresses, std::string_view ports) {
  if (!hosts_fit(names, addresses, ports))
    return {Host{std::string(names), std::string(addresses), std::string(ports)}};
  const auto name_list = split(names);
  const auto address_list = split(addresses);
  const auto port_list = split(ports);
  std::vector<Host> hosts;
  for (std::size_t i = 0; i < count_hosts(names, addresses); ++i)
    hosts.push_back({part_of(name_list, i), part_of(address_list, i), part_of(port_list, i)});
  return hosts;
}

bool is_socket_name(std::string_view name) {
  return name.starts_with('/') || name.starts_with('@');
}

bool is_unix_socket(const Host& host) {
  return host.address.empty() && (host.name.empty() || is_socket_name(host.name));
}

bool needs_lookup(const Host& host) {
  return host.address.empty() && !is_unix_socket(host) && host.name.find(',') == std::string::npos;
}

Addresses look_up(const std::string& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int status = ::getaddrinfo(name.c_str(), nullptr, &hints, &list);
  if (status != 0) return {{}, ::gai_strerror(status)};
  const std::unique_ptr<addrinfo, FreeAddresses> owner(list);
  Addresses addresses;
  for (const addrinfo* one = list; one != nullptr; one = one->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) ==
        0)
      addresses.found.emplace_back(text.data());
  }
  if (addresses.found.empty()) addresses.failure = "it has no address";
  return addresses;
}

Addresses Resolver::find(const std::string& name, std::int64_t deadline) {
  if (!unfinished_.contains(name)) {
    try {
      unfinished_.emplace(name, begin_lookup(function_, name));
    } catch (const std::system_error& error) {
      return {{}, std::string("no thread for its lookup: ") + error.what()};
    }
  }
  const std::chrono::milliseconds left(std::max<std::int64_t>(0, deadline - base::monotonic_ms()));
  if (unfinished_.at(name).wait_for(left) != std::future_status::ready)
    return {{}, "the lookup takes too long"};
  return unfinished_.extract(name).mapped().get();
}

}  // namespace pg
