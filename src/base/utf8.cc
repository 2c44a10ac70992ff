#include "base/utf8.h"

#include <algorithm>
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

/// An inclusive range of code points.
struct Range {
  char32_t from, to;
};

template <std::size_t N>
bool is_within(const std::array<Range, N>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return c >= range.from && c <= range.to; });
}

/// What has_control_character() finds. The marks U+200E, U+200F and U+061C, which names in some languages
/// need, do not change how other text runs.
constexpr std::array kControls{
    Range{0x00, 0x1F}, Range{0x7F, 0x9F},
    Range{0x2028, 0x202E},  // separators of lines and paragraphs, directional embeddings and overrides
    Range{0x2066, 0x206F},  // directional isolates, and format characters that Unicode deprecates
};

/// The characters without anything to see: those with the properties White_Space,
/// Default_Ignorable_Code_Point or Cc of Unicode 15, and others whose glyph is empty, such as the braille
/// pattern without dots (2800), and the anchors of annotations and the place of an object (FFF9 to FFFC).
constexpr std::array kInvisibles{
    Range{0x00, 0x20},       Range{0x7F, 0xA0},       Range{0xAD, 0xAD},       Range{0x34F, 0x34F},
    Range{0x61C, 0x61C},     Range{0x115F, 0x1160},   Range{0x1680, 0x1680},   Range{0x17B4, 0x17B5},
    Range{0x180B, 0x180F},   Range{0x2000, 0x200F},   Range{0x2028, 0x202F},   Range{0x205F, 0x206F},
    Range{0x2800, 0x2800},   Range{0x3000, 0x3000},   Range{0x3164, 0x3164},   Range{0xFE00, 0xFE0F},
    Range{0xFEFF, 0xFEFF},   Range{0xFFA0, 0xFFA0},   Range{0xFFF0, 0xFFFC},   Range{0x13430, 0x1343F},
    Range{0x16FE4, 0x16FE4}, Range{0x1BCA0, 0x1BCA3}, Range{0x1D159, 0x1D159}, Range{0x1D173, 0x1D17A},
    Range{0xE0000, 0xE0FFF},
};

bool is_printable(char32_t c) {
  return !is_within(kControls, c);
}

bool is_invisible(char32_t c) {
  return is_within(kInvisibles, c);
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

std::string make_printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const CodePoint next = decode_first(text);
    const bool is_shown = next.size > 0 && is_printable(next.value);
    result.append(is_shown ? text.substr(0, next.size) : "?");
    text.remove_prefix(std::max<std::size_t>(next.size, 1));
  }
  return result;
}

std::string make_printable_lines(std::string_view text) {
  std::string result;
  for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    result.append(make_printable(text.substr(0, end))) += '\n';
    text.remove_prefix(end + 1);
  }
  return result.append(make_printable(text));
}

std::string make_excerpt(std::string_view text) {
  constexpr std::size_t kMost = 200;
  return make_printable(text.substr(0, kMost)) + (text.size() > kMost ? "..." : "");
}

bool is_blank(std::string_view text) {
  return all_code_points(text, is_invisible);
}

}  // namespace base
