// Pure functions on text: UTF-8, case, numbers, base64, hex, percent-encoding, times.
// No I/O, no clock, no settings.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace base {

/// Microseconds since 1970 in UTC; what PostgreSQL keeps for timestamptz.
using Time = std::chrono::sys_time<std::chrono::microseconds>;

/// Number of code points, or nothing when the bytes are not UTF-8 (RFC 3629: no overlong form, no surrogate).
std::optional<std::size_t> count_code_points(std::string_view text);

/// True if the text has U+0000 to U+001F, U+007F, or U+0080 to U+009F. Expects valid UTF-8.
bool has_control_character(std::string_view text);

/// The text without those; empty when it is not UTF-8.
std::string without_control_characters(std::string_view text);

/// True when every character is white space of Unicode (or there is none). Expects valid UTF-8.
bool is_blank(std::string_view text);

/// ASCII letters made small; other bytes stay.
std::string to_lower(std::string_view text);

/// Equality that ignores the case of ASCII letters.
bool equals_ignoring_case(std::string_view a, std::string_view b);

/// `text` without spaces and tabs at both ends.
std::string_view trim(std::string_view text);

/// The parts between separators, trimmed, empty ones left out. Views into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);

/// A decimal number with digits only: no sign, no space, no leading zero, no empty text, no overflow.
std::optional<std::int64_t> parse_number(std::string_view text);

/// RFC 4648 base64 without padding, with the alphabet of section 5 (URL-safe).
std::string make_base64url(std::span<const std::byte> bytes);
/// Strict: exact alphabet, no padding, spare bits zero; else nothing.
std::optional<std::vector<std::byte>> parse_base64url(std::string_view text);

/// The same with the alphabet of RFC 4648 section 4, unpadded, as PHC strings use it.
std::string make_base64(std::span<const std::byte> bytes);
std::optional<std::vector<std::byte>> parse_base64(std::string_view text);

/// True for a host name in small letters: letters, digits, dots and hyphens, at most 253 bytes (RFC 1123).
bool is_host(std::string_view text);

/// True for `host` or `host:port`, with such a host: neither user-info nor anything to be decoded.
bool is_authority(std::string_view text);

/// Every byte but the unreserved ones as %XX: one component of a URI (RFC 3986 section 2.3).
std::string encode_uri_component(std::string_view text);

/// Every byte that is not printable ASCII, and `%`, as %XX: fit for a header, and to be decoded again.
std::string encode_header_value(std::string_view text);

/// `2026-11-23T12:00:00Z`, or with `.123` when `milliseconds` is asked for (RFC 3339).
std::string make_rfc3339(Time time, bool milliseconds = false);

}  // namespace base
