#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace base {
namespace {

/// One decoded code point and how many bytes it took; size 0 marks bytes that are not UTF-8.
struct CodePoint {
  char32_t value;
  std::size_t size;
};

constexpr CodePoint kInvalid{0, 0};

/// The rows of table 3-7 of the Unicode standard: lead byte range, length, range of the second byte.
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

/// True if `accept` holds for every code point; false as well for bytes that are not UTF-8.
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

/// The property White_Space of Unicode, with the invisible characters people paste by accident.
bool is_space(char32_t c) {
  return c == 0x20 || (c >= 0x09 && c <= 0x0D) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200D) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x2060 || c == 0x3000 || c == 0xFEFF;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

using Alphabet = std::string_view;
constexpr Alphabet kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr Alphabet kUrlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The value of each character; kNoValue for those outside the alphabet.
using DecodeTable = std::array<unsigned char, 256>;
constexpr unsigned char kNoValue = 255;

constexpr DecodeTable make_decode_table(Alphabet alphabet) {
  DecodeTable table{};
  table.fill(kNoValue);
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<unsigned char>(i);
  return table;
}

constexpr DecodeTable kStandardValues = make_decode_table(kStandard);
constexpr DecodeTable kUrlSafeValues = make_decode_table(kUrlSafe);

std::string encode(std::span<const std::byte> bytes, Alphabet alphabet) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t window = 0;
  unsigned bits = 0;
  for (const std::byte b : bytes) {
    window = (window << 8) | std::to_integer<std::uint32_t>(b);
    for (bits += 8; bits >= 6; bits -= 6) text.push_back(alphabet[(window >> (bits - 6)) & 63]);
  }
  if (bits > 0) text.push_back(alphabet[(window << (6 - bits)) & 63]);
  return text;
}

std::optional<std::vector<std::byte>> decode(std::string_view text, const DecodeTable& values) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::vector<std::byte> bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t window = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const unsigned value = values[static_cast<unsigned char>(c)];
    if (value == kNoValue) return std::nullopt;
    window = (window << 6) | value;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::byte>((window >> bits) & 0xFF));
  }
  const std::uint32_t spare = window & ((1u << bits) - 1);
  if (spare != 0) return std::nullopt;
  return bytes;
}

std::string percent_encode(std::string_view text, bool (*stays)(char c)) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (stays(c)) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      ((encoded += '%') += kDigits[byte >> 4]) += kDigits[byte & 0xF];
    }
  }
  return encoded;
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

std::string to_lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const auto end = text.find(separator);
    if (const auto part = trim(text.substr(0, end)); !part.empty()) parts.push_back(part);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::string make_base64url(std::span<const std::byte> bytes) {
  return encode(bytes, kUrlSafe);
}

std::optional<std::vector<std::byte>> parse_base64url(std::string_view text) {
  return decode(text, kUrlSafeValues);
}

std::string make_base64(std::span<const std::byte> bytes) {
  return encode(bytes, kStandard);
}

std::optional<std::vector<std::byte>> parse_base64(std::string_view text) {
  return decode(text, kStandardValues);
}

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  });
}

bool is_authority(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return is_host(text);
  const auto port = parse_number(text.substr(colon + 1));
  return port && *port >= 1 && *port <= 65535 && is_host(text.substr(0, colon));
}

std::string encode_uri_component(std::string_view text) {
  return percent_encode(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~").find(c) != std::string_view::npos;
  });
}

std::string encode_header_value(std::string_view text) {
  return percent_encode(text, [](char c) { return c >= ' ' && c <= '~' && c != '%'; });
}

std::string make_rfc3339(Time time, bool milliseconds) {
  using namespace std::chrono;
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<std::chrono::milliseconds>(time - day));
  std::array<char, 64> buffer{};
  int size =
      std::snprintf(buffer.data(), buffer.size(), "%04d-%02u-%02uT%02d:%02d:%02d",
                    static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                    static_cast<unsigned>(date.day()), static_cast<int>(clock.hours().count()),
                    static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  std::string text(buffer.data(), static_cast<std::size_t>(size));
  if (milliseconds) {
    size = std::snprintf(buffer.data(), buffer.size(), ".%03d", static_cast<int>(clock.subseconds().count()));
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return text + 'Z';
}

}  // namespace base
