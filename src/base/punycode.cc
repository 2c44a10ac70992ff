#include "base/punycode.h"

#include <algorithm>
#include <cstdint>

namespace base {
namespace {

constexpr std::int64_t kLastPoint = 0x10FFFF;
constexpr std::int64_t kLargest = 0x7FFFFFFF;               ///< What is larger is no Punycode of a host.
constexpr std::int64_t kBase = 36, kLeast = 1, kMost = 26;  ///< RFC 3492 section 5.

/// How thresholds go on after a number, whose size tells much of the next one's (section 6.1).
std::int64_t adapt_bias(std::int64_t number, std::int64_t size, bool first) {
  number /= first ? 700 : 2;
  number += number / size;
  std::int64_t bias = 0;
  for (; number > (kBase - kLeast) * kMost / 2; bias += kBase) number /= kBase - kLeast;
  return bias + (kBase - kLeast + 1) * number / (number + 38);
}

/// The code points of what stands behind `xn--` in a host; empty when it is no Punycode (section 6.2). Plain
/// letters stand before the last hyphen. Each number after it says where the next code point goes and which
/// one that is; its last digit is the first one below the threshold.
std::u32string decode(std::string_view text) {
  const auto end_of_plain = text.rfind('-');
  const auto digits = text.substr(end_of_plain + 1);  // all of it where there is no hyphen
  std::u32string points(text.begin(), digits.begin() - (digits.size() < text.size() ? 1 : 0));
  std::int64_t point = 0x80, place = 0, begin = 0, bias = 72, weight = 1, reach = kBase;
  for (const char c : digits) {
    const std::int64_t digit = c >= 'a' ? c - 'a' : c - '0' + 26;
    const auto threshold = std::clamp(reach - bias, kLeast, kMost);
    place += digit * weight;
    weight *= kBase - threshold;
    reach += kBase;
    if (digit < 0 || digit >= kBase || place > kLargest) return {};
    if (digit >= threshold) continue;
    const auto size = static_cast<std::int64_t>(points.size()) + 1;
    bias = adapt_bias(place - begin, size, begin == 0);
    point += place / size;
    if (point > kLastPoint) return {};
    place %= size;
    points.insert(points.begin() + place, static_cast<char32_t>(point));
    begin = ++place;
    weight = 1;
    reach = kBase;
  }
  return weight == 1 ? points : std::u32string();
}

std::string to_utf8(const std::u32string& points) {
  std::string text;
  for (const char32_t c : points) {
    const unsigned further = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    const auto mark = further == 0 ? 0u : 0xFFu << (7 - further);
    text += static_cast<char>(static_cast<unsigned char>(mark | (c >> (6 * further))));
    for (unsigned i = further; i-- > 0;) text += static_cast<char>(0x80u | ((c >> (6 * i)) & 0x3Fu));
  }
  return text;
}

std::string decode_label(std::string_view label) {
  constexpr std::string_view kMark = "xn--";
  const auto points = label.starts_with(kMark) ? decode(label.substr(kMark.size())) : std::u32string();
  return points.empty() ? std::string(label) : to_utf8(points);
}

}  // namespace

std::string decode_host(std::string_view host) {
  std::string decoded;
  for (auto dot = host.find('.'); dot != std::string_view::npos; dot = host.find('.')) {
    decoded.append(decode_label(host.substr(0, dot))) += '.';
    host.remove_prefix(dot + 1);
  }
  return decoded.append(decode_label(host));
}

}  // namespace base
