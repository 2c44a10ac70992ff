// Base64 without padding, in both alphabets of RFC 4648. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace base {

/// Encodes with the URL-safe alphabet of RFC 4648 section 5, without padding.
std::string make_base64url(std::span<const std::byte> bytes);
/// Decodes that form strictly: nothing for other characters, for padding, or when unused bits are not zero.
std::optional<std::vector<std::byte>> parse_base64url(std::string_view text);

/// The same two functions with the alphabet of RFC 4648 section 4, as PHC strings use it.
std::string make_base64(std::span<const std::byte> bytes);
std::optional<std::vector<std::byte>> parse_base64(std::string_view text);

}  // namespace base
