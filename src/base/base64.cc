#include "base/base64.h"

#include <array>
#include <cstdint>

namespace base {
namespace {

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

}  // namespace

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

}  // namespace base
