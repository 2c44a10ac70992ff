#include "ctl/groups.h"

#include <algorithm>

#include "base/email.h"
#include "base/text.h"
#include "ctl/command.h"

namespace ctl {
namespace {

constexpr std::size_t kMostGroupBytes = 2000;  // as users_groups_check has it

std::optional<std::string> find_group_fault(std::string_view group) {
  if (base::is_group(group)) return std::nullopt;
  return quote(group) + " is no group: a group has 1 to 200 letters, digits and . _ @ + - only";
}

/// Throws Refusal with the fault, if there is one.
void require_none(const std::optional<std::string>& fault) {
  if (fault) throw Refusal(*fault);
}

}  // namespace

std::optional<std::string> find_groups_fault(std::string_view text) {
  std::size_t bytes = 0;
  for (const auto group : base::split(text, ',')) {
    if (auto fault = find_group_fault(group)) return fault;
    bytes += group.size() + (bytes == 0 ? 0 : 1);
  }
  if (bytes <= kMostGroupBytes) return std::nullopt;
  return "the groups of a user have at most " + std::to_string(kMostGroupBytes) + " bytes together";
}

std::string parse_groups(std::string_view text) {
  require_none(find_groups_fault(text));
  auto groups = split_groups(text);
  std::sort(groups.begin(), groups.end());
  groups.erase(std::unique(groups.begin(), groups.end()), groups.end());
  return base::join(groups, ",");
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
      throw WrongUsage("user groups: " + quote(change) +
                       " has no sign: write +GROUP to add the group, or -GROUP to remove it");
    require_none(find_group_fault(group));
    std::erase(result, group);
    if (change.front() == '+') result.emplace_back(group);
  }
  return parse_groups(base::join(result, ","));
}

std::optional<std::string> find_email_fault(std::string_view text) {
  if (base::is_email(text)) return std::nullopt;
  return "an address for mail is one such as ada@example.org, and this is none";
}

void require_email(std::string_view text) {
  require_none(find_email_fault(text));
}

}  // namespace ctl
