#include "http/request.h"

#include <algorithm>

#include "http/claims.h"
#include "http/role.h"

namespace http {
namespace {

/// By it Apache tells of a header whose name has odd signs, which it passes on to applications but not to a
/// worker (docs/servers/apache-guard.conf).
constexpr std::string_view kOddHeader = "ODD_HEADER";

bool is_claim(std::string_view name) {
  return name == kOddHeader || std::ranges::find(kClaims, name) != kClaims.end();
}

}  // namespace

void add_parameter(Request& request, std::string_view name_and_value) {
  const auto equals = name_and_value.find('=');
  if (equals == std::string_view::npos) return;
  const auto name = name_and_value.substr(0, equals);
  const auto value = name_and_value.substr(equals + 1);
  for (const auto& parameter : kRequestParameters) {
    if (parameter.name != name) continue;
    std::string_view& member = request.*parameter.member;
    if (member.data() == nullptr)
      member = value;
    else if (&member == &request.cookie)
      request.further_cookies.push_back(value);
    else if (parameter.decides)
      request.repeats_header = true;
    return;
  }
  if (!value.empty() && is_claim(name)) request.claim = name;
}

void find_path(Request& request, std::string&) {
  if (request.path.empty()) request.path = request.target.substr(0, request.target.find('?'));
}

}  // namespace http
