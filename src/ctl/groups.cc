#include "ctl/groups.h"

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"
#include "ctl/command.h"

namespace ctl {
namespace {

constexpr std::size_t kMostGroupBytes = 2000;  // as users_groups_check has it
constexpr std::size_t kMostEmailBytes = 254;   // RFC 5321, 4.5.3.1.3, without the brackets

void require_group(std::string_view group) {
  if (base::is_group(group)) return;
  throw Refusal("'" + std::string(group) + "' is no group: a group has letters, digits and . _ @ + - only");
}

}  // namespace

std::string parse_groups(std::string_view text) {
  const auto groups = base::split(text, ',');
  for (const auto group : groups) require_group(group);
  auto joined = base::join({groups.begin(), groups.end()}, ",");
  if (joined.size() > kMostGroupBytes)
    throw Refusal("the groups of a user have at most " + std::to_string(kMostGroupBytes) + " bytes together");
  return joined;
}

std::vector<std::string> split_groups(std::string_view groups) {
  const auto parts = base::split(groups, ',');
  return {parts.begin(), parts.end()};
}

std::string alter_groups(std::string_view groups, std::span<const std::string_view> changes) {
  auto result = split_groups(groups);
  for (const auto change : changes) {
    const auto group = change.substr(change.empty() ? 0 : 1);
    if (!change.starts_with('+') && !change.starts_with('-'))
      throw WrongUsage("user groups: write +" + std::string(change) + " to add the group, or -" +
                       std::string(change) + " to remove it");
    require_group(group);
    std::erase(result, group);
    if (change.front() == '+') result.emplace_back(group);
  }
  std::sort(result.begin(), result.end());
  return parse_groups(base::join(result, ","));
}

void require_email(std::string_view text) {
  const auto at = text.find('@');
  const bool fits =
      text.size() <= kMostEmailBytes && at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
      text.find('@', at + 1) == std::string_view::npos && !text.starts_with('-') &&
      text.find_first_of(" ,;:<>()[]\\\"") == std::string_view::npos && !base::has_control_character(text);
  if (!fits) throw Refusal("an address for mail is one such as ada@example.org, and this is none");
}

}  // namespace ctl
