// UTF-8: validity, length, control characters and white space. Pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace base {

/// The number of code points; nothing when the bytes are not UTF-8 (RFC 3629, which excludes overlong forms
/// and surrogates).
std::optional<std::size_t> count_code_points(std::string_view text);

/// The text without a byte order mark (U+FEFF) at its beginning, which editors on Windows write.
std::string_view without_byte_order_mark(std::string_view text);

/// True when the text contains U+0000 to U+001F, U+007F to U+009F, or a character that breaks a line or turns
/// the direction of the text around it (Unicode Technical Report 36, 2.6), and also when it is not UTF-8.
bool has_control_character(std::string_view text);

/// The text without these characters; empty when it is not UTF-8.
std::string without_control_characters(std::string_view text);

/// The text with `?` in place of each of these characters, and of each byte that is not UTF-8.
std::string make_printable(std::string_view text);

/// The same of a text that may have several lines: of each by itself.
std::string make_printable_lines(std::string_view text);

/// What people are shown of a text that others have given: make_printable() of its beginning, when it is
/// long.
std::string make_excerpt(std::string_view text);

/// True when the text has nothing to see: it is empty, or all of it is white space of Unicode or invisible,
/// such as U+200B (zero width space) or U+3164 (Hangul filler). False when it is not UTF-8.
bool is_blank(std::string_view text);

}  // namespace base
