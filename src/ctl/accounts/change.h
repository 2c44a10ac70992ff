// How a command changes something of a user: in one transaction with the user's row locked, as the service
// does it, which also writes the user's history; and afterwards one line of the log.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/problem.h"
#include "ctl/desk.h"
#include "pg/connection.h"
#include "store/directory.h"

namespace ctl {

/// Throws Refusal when a rule of the service was broken.
void require_valid(const std::optional<base::FieldError>& error);

/// The user of this name, in any case. Throws Refusal when there is none.
store::DirectoryEntry require_user(Desk& desk, std::string_view username);

/// The number that an operand spells. Throws WrongUsage, with `what` it should be, for anything else.
std::int64_t require_id(std::string_view operand, std::string_view what);

/// What a change came to.
struct Outcome {
  bool changed = true;  ///< False when all was so already: nothing is written about it.
  std::string detail = {};
};

/// Begins a transaction with the row of the user locked. Throws Refusal when the user is gone.
class UserTransaction {
 public:
  UserTransaction(Desk& desk, const store::DirectoryEntry& user);

  pg::Connection& database() { return database_; }
  /// Ends it. An event that has happened is in the history of the user from now on, and is logged.
  void commit(std::string_view event, const Outcome& outcome);

 private:
  Desk& desk_;
  const store::DirectoryEntry& user_;
  pg::Connection& database_;
  pg::Transaction transaction_;
};

/// Does `work`, which returns an Outcome, in such a transaction, and returns whether it changed anything.
template <class Work>
bool change_user(Desk& desk, const store::DirectoryEntry& user, std::string_view event, Work work) {
  UserTransaction transaction(desk, user);
  const Outcome outcome = work(transaction.database());
  transaction.commit(event, outcome);
  return outcome.changed;
}

/// Ends all that anybody has of the account: sessions, known browsers, links to reset the password.
void end_access(pg::Connection& database, const base::Settings& settings, store::UserId user);

}  // namespace ctl
