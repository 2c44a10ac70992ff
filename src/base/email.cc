#include "base/email.h"

#include "base/utf8.h"

namespace base {
namespace {

constexpr std::size_t kMostBytes = 254;  // RFC 5321, 4.5.3.1.3, without the brackets

}  // namespace

bool is_email(std::string_view text) {
  const auto at = text.find('@');
  return text.size() <= kMostBytes && at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         text.find('@', at + 1) == std::string_view::npos && !text.starts_with('-') &&
         text.find_first_of(" ,;:<>()[]\\\"") == std::string_view::npos && !has_control_character(text);
}

}  // namespace base
