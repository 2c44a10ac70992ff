#include "base/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/text.h"

namespace base {
namespace {

using Bytes = std::array<unsigned char, 16>;

/// An IPv4 address in an IPv6 address, ::ffff:a.b.c.d, has these bytes before it (RFC 4291 section 2.5.5.2).
constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::int64_t kMappedLength = 8 * kMapped.size();

struct Network {
  int family = AF_UNSPEC;
  Bytes bytes{};  ///< Of an IPv4 address, the first four.
  std::int64_t length = 0;
};

std::int64_t full_length(int family) {
  return family == AF_INET ? 32 : 128;
}

std::optional<Network> parse_address(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string address(text);
  for (const int family : {AF_INET, AF_INET6}) {
    Network network{family, {}, full_length(family)};
    if (::inet_pton(family, address.c_str(), network.bytes.data()) == 1) return network;
  }
  return std::nullopt;
}

std::optional<Network> parse_network(std::string_view text) {
  const auto slash = std::min(text.find('/'), text.size());
  auto network = parse_address(text.substr(0, slash));
  if (!network || slash == text.size()) return network;
  const auto length = parse_number(text.substr(slash + 1));
  if (!length || *length > network->length) return std::nullopt;
  network->length = *length;
  return network;
}

/// As text, without the length where it is that of a whole address.
std::string write_network(const Network& network) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(network.family, network.bytes.data(), text.data(), text.size());
  const bool is_whole = network.length == full_length(network.family);
  return text.data() + (is_whole ? "" : "/" + std::to_string(network.length));
}

/// The network in which the address is: all bits behind its length are 0.
Network without_host(Network network) {
  for (std::int64_t bit = network.length; bit < full_length(network.family); ++bit)
    network.bytes.at(static_cast<std::size_t>(bit / 8)) &= static_cast<unsigned char>(~(0x80 >> (bit % 8)));
  return network;
}

/// Of networks that are not private, the largest that may be one organisation's: with 8 bits of IPv4, and
/// with 16 bits of IPv6, whose registries give nobody more. All private networks of IPv4 are smaller than
/// that, or as large.
std::int64_t least_length(int family) {
  return family == AF_INET ? 8 : 16;
}

/// Whether all of `inner` is in `outer`.
bool contains(const Network& outer, Network inner) {
  if (inner.family != outer.family || inner.length < outer.length) return false;
  inner.length = outer.length;
  return without_host(inner).bytes == outer.bytes;
}

/// The networks of IPv6 that no stranger on the Internet has an address in: of sites, and of links (RFC 4193,
/// RFC 4291).
constexpr std::array<Network, 2> kPrivate{Network{AF_INET6, {0xfc}, 7}, Network{AF_INET6, {0xfe, 0x80}, 10}};

bool has_strangers(const Network& network) {
  return network.length < least_length(network.family) &&
         std::none_of(kPrivate.begin(), kPrivate.end(),
                      [&](const Network& known) { return contains(known, network); });
}

bool is_mapped(const Network& network) {
  return network.family == AF_INET6 && network.length >= kMappedLength &&
         std::equal(kMapped.begin(), kMapped.end(), network.bytes.begin());
}

/// The IPv4 network that a mapped one stands for.
Network unmap(const Network& mapped) {
  Network network{AF_INET, {}, mapped.length - kMappedLength};
  std::copy(mapped.bytes.begin() + kMapped.size(), mapped.bytes.end(), network.bytes.begin());
  return network;
}

Network without_mapping(const Network& network) {
  return is_mapped(network) ? unmap(network) : network;
}

}  // namespace

bool is_address(std::string_view text) {
  return parse_address(text).has_value();
}

bool is_network(std::string_view text) {
  return parse_network(text).has_value();
}

bool is_in_network(std::string_view address, std::string_view network) {
  const auto inner = parse_address(address);
  const auto outer = parse_network(network);
  if (!inner || !outer) return false;
  return contains(without_host(without_mapping(*outer)), without_mapping(*inner));
}

std::string find_network_fault(std::string_view network) {
  const auto given = parse_network(network);
  if (!given) return {};
  const auto plain = without_mapping(*given);
  const auto whole = without_host(plain);
  if (has_strangers(plain))
    return "a network so large that strangers are in it; name the addresses that are meant alone";
  if (plain.family != given->family)
    return "an IPv4 address in the form of an IPv6 address; write " + write_network(whole);
  if (whole.bytes == plain.bytes) return {};
  const Network alone{plain.family, plain.bytes, full_length(plain.family)};
  return "an address with the length of a network; write " + write_network(whole) + " for the network, or " +
         write_network(alone) + " for this address alone";
}

}  // namespace base
