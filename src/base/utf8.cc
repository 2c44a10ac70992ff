#include "base/utf8.h"

#include <array>

namespace base {
namespace {

/// One decoded code point and how many bytes it took; size 0 marks bytes that are not UTF-8.
struct CodePoint {
  char32_t value;
  std::size_t size;
};

constexpr CodePoint kInvalid{0, 0};

/// The rows for two to four bytes of table 3-7 of the Unicode Standard: range of the lead byte, number of
/// bytes, range of the second byte. All further bytes are 0x80 to 0xBF.
struct Utf8Row {
  unsigned char lead_from, lead_to;
  std::size_t size;
  unsigned char second_from, second_to;
};

constexpr std::array kUtf8Rows{
    Utf8Row{0xC2, 0xDF, 2, 0x80, 0xBF}, Utf8Row{0xE0, 0xE0, 3, 0xA0, 0xBF},
    Utf8Row{0xE1, 0xEC, 3, 0x80, 0xBF}, Utf8Row{0xED, 0xED, 3, 0x80, 0x9F},
    Utf8Row{0xEE, 0xEF, 3, 0x80, 0xBF}, Utf8Row{0xF0, 0xF0, 4, 0x90, 0xBF},
    Utf8Row{0xF1, 0xF3, 4, 0x80, 0xBF}, Utf8Row{0xF4, 0xF4, 4, 0x80, 0x8F},
};

CodePoint decode_long(std::string_view text, const Utf8Row& row) {
  if (text.size() < row.size) return kInvalid;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(1) < row.second_from || byte(1) > row.second_to) return kInvalid;
  char32_t value = byte(0) & (0xFFu >> (row.size + 1));
  for (std::size_t i = 1; i < row.size; ++i) {
    if ((byte(i) & 0xC0u) != 0x80u) return kInvalid;
    value = (value << 6) | (byte(i) & 0x3Fu);
  }
  return {value, row.size};
}

CodePoint decode_first(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  for (const auto& row : kUtf8Rows)
    if (lead >= row.lead_from && lead <= row.lead_to) return decode_long(text, row);
  return kInvalid;
}

/// True when `accept` is true of every code point; false when the bytes are not UTF-8.
template <class Accept>
bool all_code_points(std::string_view text, Accept accept) {
  while (!text.empty()) {
    const CodePoint next = decode_first(text);
    if (next.size == 0 || !accept(next.value)) return false;
    text.remove_prefix(next.size);
  }
  return true;
}

bool is_printable(char32_t c) {
  return c >= 0x20 && (c < 0x7F || c > 0x9F);
}

/// The characters with the property White_Space of Unicode, and the invisible ones U+200B to U+200D, U+2060
/// and U+FEFF, which people paste by accident.
bool is_space(char32_t c) {
  return c == 0x20 || (c >= 0x09 && c <= 0x0D) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200D) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x2060 || c == 0x3000 || c == 0xFEFF;
}

}  // namespace

std::optional<std::size_t> count_code_points(std::string_view text) {
  std::size_t count = 0;
  const bool valid = all_code_points(text, [&](char32_t) {
    ++count;
    return true;
  });
  if (!valid) return std::nullopt;
  return count;
}

std::string_view without_byte_order_mark(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  return text;
}

bool has_control_character(std::string_view text) {
  return !all_code_points(text, is_printable);
}

std::string without_control_characters(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const CodePoint next = decode_first(text);
    if (next.size == 0) return {};
    if (is_printable(next.value)) result.append(text.substr(0, next.size));
    text.remove_prefix(next.size);
  }
  return result;
}

bool is_blank(std::string_view text) {
  return all_code_points(text, is_space);
}

}  // namespace base
