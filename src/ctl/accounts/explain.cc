// Says whether a user would get in at a guarded place, and what the application there would be told.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "auth/identity.h"
#include "auth/policy.h"
#include "base/text.h"
#include "base/utf8.h"
#include "ctl/accounts/change.h"
#include "ctl/groups.h"
#include "ctl/verbs.h"
#include "store/directory.h"

namespace ctl {
namespace {

/// The user of the question, if there is one, and the groups that the place asks for.
struct Question {
  const std::optional<store::DirectoryEntry>& user;
  const std::vector<std::string_view>& groups;
};

/// What keeps a user out, the first that fits; and the words in which it is told.
struct Obstacle {
  bool (*is_there)(const Question& question);
  std::string_view admitted;
  std::string (*tell)(const Question& question);
};

std::string list_of(const std::vector<std::string_view>& groups) {
  return base::join({groups.begin(), groups.end()}, ", ");
}

/// A group of the user that is one of these but for case.
std::string find_other_case(const Question& question) {
  for (const auto& own : split_groups(question.user->groups))
    for (const auto asked : question.groups)
      if (base::equals_ignoring_case(own, asked))
        return "; groups differ by case, and the user is in '" + own + "'";
  return {};
}

std::string tell_no_user(const Question&) {
  return "there is no user of this name";
}

std::string tell_disabled(const Question& question) {
  return "the account is disabled since " + make_text(make_cell(question.user->disabled_at)) +
         "; sessionctl user enable lets the user log in again";
}

std::string tell_no_group(const Question& question) {
  const auto& groups = question.user->groups;
  return "the user is in " + (groups.empty() ? "no group" : groups) + ", and the place asks for " +
         list_of(question.groups) + find_other_case(question);
}

std::string tell_no_session(const Question&) {
  return "the user has no live session, and is led to the login first";
}

constexpr std::string_view kNo = "no";

constexpr std::array kObstacles{
    Obstacle{[](const Question& q) { return !q.user.has_value(); }, kNo, tell_no_user},
    Obstacle{[](const Question& q) { return q.user->disabled_at.has_value(); }, kNo, tell_disabled},
    Obstacle{[](const Question& q) { return !auth::is_in_one_of(q.user->groups, q.groups); }, kNo,
             tell_no_group},
    Obstacle{[](const Question& q) { return q.user->sessions == 0; }, "after a login", tell_no_session},
};

struct Verdict {
  std::string admitted;
  std::string reason;
};

Verdict judge(const Question& question) {
  for (const auto& obstacle : kObstacles)
    if (obstacle.is_there(question)) return {std::string(obstacle.admitted), obstacle.tell(question)};
  if (question.groups.empty()) return {"yes", "the user has a live session, and the place asks for no group"};
  return {"yes", "the user has a live session, and is in a group that the place asks for"};
}

/// The groups that are given one by one, or as a list of nginx's `$required_group`.
std::vector<std::string_view> take_groups(std::span<const std::string_view> operands) {
  std::vector<std::string_view> groups;
  for (const auto operand : operands)
    for (const auto group : base::split(operand, ' ')) groups.push_back(group);
  for (const auto group : groups) parse_groups(group);
  return groups;
}

}  // namespace

int explain(Desk& desk, const Arguments& arguments) {
  const auto groups = take_groups(arguments.operands().subspan(1));
  require_valid(auth::check_username(arguments.operand(0)));
  const auto user = store::Directory(desk.database()).find(arguments.operand(0));
  const auto [admitted, reason] = judge({user, groups});
  Record record;
  record.add("username", user ? user->username : std::string(arguments.operand(0)));
  record.add("admitted", admitted).add("reason", reason);
  if (admitted != kNo)
    for (const auto& [header, value] : auth::make_identity_headers(user->username, user->name, user->groups))
      record.add(header, value);
  desk.print(record);
  return admitted == kNo ? kRefused : kDone;
}

}  // namespace ctl
