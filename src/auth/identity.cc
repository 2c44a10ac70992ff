#include "auth/identity.h"

#include <algorithm>

#include "base/text.h"
#include "base/uri.h"

namespace auth {

bool is_in_one_of(std::string_view groups, const std::vector<std::string_view>& asked) {
  const auto own = base::split(groups, ',');
  const auto is_in = [&own](std::string_view group) {
    return std::find(own.begin(), own.end(), group) != own.end();
  };
  return asked.empty() || std::any_of(asked.begin(), asked.end(), is_in);
}

std::vector<std::pair<std::string_view, std::string>> make_identity_headers(std::string_view username,
                                                                            std::string_view name,
                                                                            std::string_view groups) {
  const auto user = base::encode_header_value(username);
  const auto list = base::encode_header_value(groups);
  return {{"Remote-User", user},
          {"Remote-Name", base::encode_header_value(name)},
          {"Remote-Groups", list},
          {"X-Auth-Request-User", user},
          {"X-Auth-Request-Preferred-Username", user},
          {"X-Auth-Request-Groups", list}};
}

}  // namespace auth
