#include "http/cookie.h"

#include <algorithm>

#include "base/text.h"

namespace http {

void for_each_cookie(std::string_view header, std::string_view name,
                     const std::function<void(std::string_view value)>& visit) {
  while (!header.empty()) {
    const auto end = std::min(header.find(';'), header.size());
    const auto pair = base::trim(header.substr(0, end));
    header.remove_prefix(std::min(end + 1, header.size()));
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) visit(pair.substr(equals + 1));
  }
}

base::Secret make_set_cookie(const CookieScope& scope, std::string_view name, std::string_view value,
                             std::int64_t max_age) {
  std::string text;
  text.reserve(128 + scope.prefix.size() + name.size() + value.size() + scope.domain.size());
  text.append(scope.prefix).append(name).append("=").append(value);
  text.append("; Max-Age=").append(std::to_string(std::max<std::int64_t>(0, max_age)));
  if (!scope.domain.empty()) text.append("; Domain=").append(scope.domain);
  text.append("; Path=").append(scope.path).append("; HttpOnly; SameSite=Lax");
  if (scope.secure) text.append("; Secure");
  return base::Secret(std::move(text));
}

}  // namespace http
