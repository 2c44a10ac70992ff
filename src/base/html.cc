#include "base/html.h"

#include "base/utf8.h"

namespace base {
namespace {

bool is_plain(unsigned char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
         std::string_view("._@+- ").find(static_cast<char>(byte)) != std::string_view::npos;
}

}  // namespace

std::string escape_html(std::string_view text) {
  if (!count_code_points(text)) return {};
  std::string escaped;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    // The lead byte of a longer sequence has length + 1 bits that only say the length.
    unsigned int point = length == 1 ? lead : lead & (0xFFu >> (length + 1));
    for (std::size_t next = i + 1; next < i + length; ++next)
      point = (point << 6u) | (static_cast<unsigned char>(text[next]) & 0x3Fu);
    if (is_plain(lead))
      escaped.push_back(text[i]);
    else
      escaped.append("&#").append(std::to_string(point)).append(";");
    i += length;
  }
  return escaped;
}

}  // namespace base
