// UTF-8: is it well-formed, how long is it, can it be seen. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace base {

/// Number of code points, or nothing when the bytes are not UTF-8 (RFC 3629: no overlong form, no surrogate).
std::optional<std::size_t> count_code_points(std::string_view text);

/// True if the text has U+0000 to U+001F, U+007F, or U+0080 to U+009F. Expects valid UTF-8.
bool has_control_character(std::string_view text);

/// The text without those; empty when it is not UTF-8.
std::string without_control_characters(std::string_view text);

/// True when every character is white space of Unicode (or there is none). Expects valid UTF-8.
bool is_blank(std::string_view text);

}  // namespace base
