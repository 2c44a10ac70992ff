// Addresses and networks of the Internet Protocol, in the form in which settings name them.
#pragma once

#include <string>
#include <string_view>

namespace base {

/// True for an IPv4 or IPv6 address, without brackets, zone and port.
bool is_address(std::string_view text);

/// True for an address, and for `ADDRESS/LENGTH` with a length that the kind of address can have.
bool is_network(std::string_view text);

/// True when `address` is in `network`, which is an address or satisfies is_network(). An IPv4 address in the
/// form of an IPv6 one (::ffff:a.b.c.d) counts as the IPv4 address. False for texts of other forms.
bool is_in_network(std::string_view address, std::string_view network);

/// Why nobody means what the network says, and what to write in its place, as the end of a sentence that
/// names it; empty when it is in order. `network` must satisfy is_network().
std::string find_network_fault(std::string_view network);

}  // namespace base
