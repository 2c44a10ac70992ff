// Pure functions on ASCII text: case, trimming, splitting, decimal numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace base {

/// `text` with its ASCII letters in lower case; other bytes are unchanged.
std::string to_lower(std::string_view text);

/// Equality that ignores the case of ASCII letters.
bool equals_ignoring_case(std::string_view a, std::string_view b);

/// `text` without spaces and tabs at both ends.
std::string_view trim(std::string_view text);

/// The parts between separators, trimmed, without empty ones. The parts are views into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);

/// The parts with a separator between them; the inverse of split().
std::string join(const std::vector<std::string>& parts, std::string_view separator);

/// True for the name of a group, in the form in which the database keeps it (users.groups). It can become the
/// name of a file.
bool is_group(std::string_view text);

/// The number that `text` spells in decimal digits; nothing for anything else, for a leading zero, or when it
/// is too large.
std::optional<std::int64_t> parse_number(std::string_view text);

}  // namespace base
