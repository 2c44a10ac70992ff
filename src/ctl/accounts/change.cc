#include "ctl/accounts/change.h"

#include "auth/policy.h"
#include "base/text.h"
#include "store/devices.h"
#include "store/events.h"
#include "store/revocations.h"
#include "store/tickets.h"
#include "store/users.h"

namespace ctl {

void require_valid(const std::optional<base::FieldError>& error) {
  if (error) throw Refusal(error->field + ": " + error->detail);
}

store::DirectoryEntry require_user(Desk& desk, std::string_view username) {
  require_valid(auth::check_username(username));
  auto user = store::Directory(desk.database()).find(username);
  if (!user) throw Refusal("there is no user '" + std::string(username) + "'; see: sessionctl user list");
  return std::move(*user);
}

std::int64_t require_id(std::string_view operand, std::string_view what) {
  const auto number = base::parse_number(operand);
  if (number && *number > 0) return *number;
  throw WrongUsage(quote(operand) + " is not " + std::string(what));
}

UserTransaction::UserTransaction(Desk& desk, const store::DirectoryEntry& user)
    : desk_(desk), user_(user), database_(desk.database()), transaction_(database_) {
  if (!store::Users(database_).lock(user.id, std::nullopt))
    throw Refusal("the user '" + user.username + "' has been deleted meanwhile");
}

void UserTransaction::commit(std::string_view event, const Outcome& outcome) {
  if (outcome.changed)
    store::Events(database_, desk_.settings())
        .insert({.user = user_.id, .event = event, .session = std::nullopt, .actor = desk_.actor()});
  transaction_.commit();
  if (outcome.changed) desk_.log(event, user_.id, outcome.detail);
}

void end_access(pg::Connection& database, const base::Settings& settings, store::UserId user) {
  store::Revocations(database, settings).revoke_all(user);
  store::Devices(database).remove_others(user, std::nullopt);
  store::Tickets(database).remove_of_user(user);
}

}  // namespace ctl
