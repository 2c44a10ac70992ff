// Pure functions on ASCII text: case, trimming, splitting, decimal numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace base {

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

}  // namespace base
