// The commands on sessions: which are live, and ending them.
#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "ctl/accounts/change.h"
#include "ctl/verbs.h"
#include "store/directory.h"
#include "store/events.h"
#include "store/revocations.h"
#include "store/sessions.h"
#include "store/users.h"

namespace ctl {
namespace {

/// A session that the operator named, and whose it is.
struct NamedSession {
  store::SessionId id;
  store::UserId user;
};

void add_row(Rows& rows, std::string_view username, const store::ListedSession& session) {
  rows.add({session.id.value, std::string(username), session.created_at, session.last_used_at,
            make_cell(session.address), session.user_agent});
}

void add_all(Desk& desk, Rows& rows) {
  store::Directory directory(desk.database());
  for (store::SessionId last{0};;) {
    const auto page = directory.list_sessions(last);
    for (const auto& [username, session] : page) add_row(rows, username, session);
    if (page.empty()) return;
    last = page.back().session.id;
    desk.database();
  }
}

/// The sessions of the operands in the order of their users and of their ids, each once. That is also the
/// order in which the rows of the users are locked. Throws Refusal when there is one that nobody has.
std::vector<NamedSession> find_named(Desk& desk, std::span<const std::string_view> operands) {
  std::vector<NamedSession> sessions;
  for (const auto operand : operands) {
    const store::SessionId id{require_id(operand, "the id of a session, as session list prints them")};
    const auto owner = store::Directory(desk.database()).find_owner(id);
    if (!owner)
      throw Refusal("there is no session " + std::to_string(id.value) +
                    ", so none was ended; see: " + "sessionctl session list");
    sessions.push_back({id, owner->id});
  }
  const auto order = [](const NamedSession& s) { return std::pair(s.user.value, s.id.value); };
  std::sort(sessions.begin(), sessions.end(),
            [&](const auto& a, const auto& b) { return order(a) < order(b); });
  const auto is_same = [&](const auto& a, const auto& b) { return order(a) == order(b); };
  sessions.erase(std::unique(sessions.begin(), sessions.end(), is_same), sessions.end());
  return sessions;
}

/// Ends sessions in one transaction, and then logs each.
class Ending {
 public:
  explicit Ending(Desk& desk) : desk_(desk), database_(desk.database()), transaction_(database_) {}

  void end(const NamedSession& session) {
    if (!store::Users(database_).lock(session.user, std::nullopt)) return;
    if (!store::Revocations(database_, desk_.settings()).revoke_of_user(session.id, session.user)) return;
    note(session.user, session.id, "session " + std::to_string(session.id.value));
    ++count_;
  }

  void end_all(store::UserId user) {
    if (!store::Users(database_).lock(user, std::nullopt)) return;
    const auto ended = store::Revocations(database_, desk_.settings()).revoke_all(user);
    if (ended > 0) note(user, std::nullopt, std::to_string(ended) + " sessions");
    count_ += ended;
    desk_.database();  // for the next user it may take as long again
  }

  /// Returns how many it has ended.
  std::int64_t commit() {
    transaction_.commit();
    for (const auto& [user, detail] : notes_) desk_.log(kEvent, user, detail);
    return count_;
  }

 private:
  static constexpr std::string_view kEvent = "authn_token_revoked";

  void note(store::UserId user, std::optional<store::SessionId> session, std::string detail) {
    store::Events(database_, desk_.settings())
        .insert({.user = user, .event = kEvent, .session = session, .actor = desk_.actor()});
    notes_.emplace_back(user, std::move(detail));
  }

  Desk& desk_;
  pg::Connection& database_;
  pg::Transaction transaction_;
  std::vector<std::pair<store::UserId, std::string>> notes_;
  std::int64_t count_ = 0;
};

/// Ends all sessions of these users, of some in one transaction: so no login has to wait for long, and what
/// is ended stays so if it fails later. Returns how many it has ended.
std::int64_t end_in_batches(Desk& desk, std::span<const store::UserId> users) {
  constexpr std::size_t kBatch = 100;
  std::int64_t count = 0;
  while (!users.empty()) {
    const auto batch = users.first(std::min(users.size(), kBatch));
    Ending ending(desk);
    for (const auto user : batch) ending.end_all(user);
    count += ending.commit();
    users = users.subspan(batch.size());
  }
  return count;
}

/// The users who have live sessions.
std::vector<store::UserId> find_signed_in(Desk& desk) {
  std::vector<store::UserId> users;
  store::Directory directory(desk.database());
  for (store::UserId last{0};;) {
    const auto page = directory.list(last);
    for (const auto& user : page)
      if (user.sessions > 0) users.push_back(user.id);
    if (page.empty()) return users;
    last = page.back().id;
    desk.database();
  }
}

void require_one_way(const Arguments& arguments) {
  const int ways = (arguments.operands().empty() ? 0 : 1) + (arguments.has("user") ? 1 : 0) +
                   (arguments.has("all") ? 1 : 0);
  if (ways != 1) throw WrongUsage("session revoke: it needs either ID..., or --user USERNAME, or --all");
}

int tell_ended(const Desk& desk, std::int64_t count) {
  desk.print(Record().add("ended", count));
  return kDone;
}

}  // namespace

int list_sessions(Desk& desk, const Arguments& arguments) {
  Rows rows({"id", "username", "created", "last_used", "address", "user_agent"});
  if (arguments.operands().empty()) {
    add_all(desk, rows);
  } else {
    const auto user = require_user(desk, arguments.operand(0));
    for (const auto& session : store::Sessions(desk.database(), desk.settings()).list(user.id))
      add_row(rows, user.username, session);
  }
  desk.print(std::move(rows));
  return kDone;
}

int revoke_sessions(Desk& desk, const Arguments& arguments) {
  require_one_way(arguments);
  if (const auto username = arguments.value("user")) {
    const auto user = require_user(desk, *username);
    Ending ending(desk);
    ending.end_all(user.id);
    return tell_ended(desk, ending.commit());
  }
  if (!arguments.has("all")) {
    const auto sessions = find_named(desk, arguments.operands());
    Ending ending(desk);
    for (const auto& session : sessions) ending.end(session);
    return tell_ended(desk, ending.commit());
  }
  desk.confirm("All sessions of all users will be ended.");
  return tell_ended(desk, end_in_batches(desk, find_signed_in(desk)));
}

}  // namespace ctl
