// Base64 without padding, in both alphabets of RFC 4648. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace base {

/// RFC 4648 base64 without padding, with the alphabet of section 5 (URL-safe).
std::string make_base64url(std::span<const std::byte> bytes);
/// Strict: exact alphabet, no padding, spare bits zero; else nothing.
std::optional<std::vector<std::byte>> parse_base64url(std::string_view text);

/// The same with the alphabet of RFC 4648 section 4, unpadded, as PHC strings use it.
std::string make_base64(std::span<const std::byte> bytes);
std::optional<std::vector<std::byte>> parse_base64(std::string_view text);

}  // namespace base
