// The commands on users: who may log in, under which name, with which password and groups.
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "auth/blocklist.h"
#include "auth/new_password.h"
#include "auth/policy.h"
#include "base/text.h"
#include "crypto/password.h"
#include "crypto/random.h"
#include "ctl/accounts/change.h"
#include "ctl/groups.h"
#include "ctl/prompt.h"
#include "ctl/verbs.h"
#include "store/directory.h"
#include "store/events.h"
#include "store/sessions.h"
#include "store/tickets.h"
#include "store/users.h"

namespace ctl {
namespace {

/// How many entries of each kind of the history are shown.
constexpr std::int64_t kUsualHistory = 20;
constexpr std::int64_t kMostHistory = 10000;

/// A password for whoever gets it on paper: a hundred random bits, without letters that look alike.
base::Secret generate_password() {
  constexpr std::string_view kLetters = "abcdefghijkmnpqrstuvwxyz23456789";
  static_assert(kLetters.size() == 32);
  std::array<std::byte, 20> random{};
  crypto::fill_random(random);
  std::string text;
  for (std::size_t i = 0; i < random.size(); ++i) {
    if (i > 0 && i % 5 == 0) text += '-';
    text += kLetters[std::to_integer<std::size_t>(random[i]) % kLetters.size()];
  }
  base::wipe(random.data(), random.size());
  return base::Secret(std::move(text));
}

/// The new password of a user, which fits the rules of the service, and its hash.
struct NewPassword {
  base::Secret password;
  std::string phc;
};

NewPassword take_password(const Desk& desk, const Arguments& arguments, std::string_view username) {
  NewPassword made{
      arguments.has("generate") ? generate_password() : read_password("password of " + std::string(username)),
      {}};
  const auto& settings = desk.settings();
  const auth::Blocklist blocklist(settings.password_blocklist);
  require_valid(
      auth::check_settable_password(settings, blocklist, "password", made.password.view(), username));
  made.phc = crypto::PasswordHasher(crypto::make_cost(settings)).hash(made.password.view());
  return made;
}

/// Prints the password if the program has made it: nobody else knows it.
void tell_password(const Desk& desk, const Arguments& arguments, std::string_view username,
                   const NewPassword& made) {
  if (!arguments.has("generate")) return;
  desk.print(
      Record().add("username", std::string(username)).add("password", std::string(made.password.view())));
}

std::vector<Cell> make_row(const store::DirectoryEntry& user) {
  return {
      user.username,   user.name,    split_groups(user.groups), user.disabled_at.has_value(), user.sessions,
      user.created_at, user.id.value};
}

/// The scheme of the stored hash and its cost, without salt and hash: all but the last two parts between `$`,
/// or what stands in braces.
std::string describe_hash(std::string_view stored) {
  if (stored.starts_with('{')) return std::string(stored.substr(0, stored.find('}') + 1));
  const auto last = stored.rfind('$');
  const auto salt = last == std::string_view::npos || last == 0 ? 0 : stored.rfind('$', last - 1);
  if (salt == 0 || salt == std::string_view::npos) return "unknown";
  const auto scheme = stored.substr(0, salt);
  return std::string(scheme.starts_with('$') ? scheme.substr(1) : scheme);
}

Rows make_sessions(Desk& desk, store::UserId user) {
  Rows rows({"id", "created", "last_used", "address", "user_agent"});
  for (const auto& session : store::Sessions(desk.database(), desk.settings()).list(user))
    rows.add({session.id.value, session.created_at, session.last_used_at, make_cell(session.address),
              session.user_agent});
  return rows;
}

std::int64_t take_history(const Arguments& arguments) {
  const auto text = arguments.value("history");
  if (!text) return kUsualHistory;
  const auto most = base::parse_number(*text);
  if (most && *most >= 1 && *most <= kMostHistory) return *most;
  throw WrongUsage("user show: --history must be a number from 1 to " + std::to_string(kMostHistory) +
                   ", not " + quote(*text));
}

/// The newest entries of the user's history, at most `most` of each kind.
Rows make_history(Desk& desk, store::UserId user, std::int64_t most) {
  Rows rows({"time", "event", "session", "actor", "address", "new_device", "user_agent"});
  for (const auto& event : store::Events(desk.database(), desk.settings()).list(user, most))
    rows.add({event.happened_at, event.event, event.session ? Cell(event.session->value) : Cell(),
              event.actor.empty() ? Cell() : Cell(event.actor), make_cell(event.address), event.new_device,
              event.user_agent});
  return rows;
}

/// Whoever reads the mail of the address before must not set the password by a link that went there.
void change_email(pg::Connection& database, const store::DirectoryEntry& user, std::string_view given) {
  store::Directory directory(database);
  const auto email = given.empty() ? std::nullopt : std::optional(given);
  if (directory.find(user.username)->email != email) store::Tickets(database).remove_of_user(user.id);
  directory.set_email(user.id, email);
}

}  // namespace

int add_user(Desk& desk, const Arguments& arguments) {
  const auto username = arguments.operand(0);
  const auto name = arguments.value("name").value_or(username);
  const auto groups = parse_groups(arguments.value("groups").value_or(""));
  const auto email = arguments.value("email");
  if (email) require_email(*email);
  require_valid(auth::check_username(username));
  require_valid(auth::check_name(name));
  const std::string taken = "the username '" + std::string(username) + "' is taken";
  if (store::Users(desk.database()).find_by_username(username)) throw Refusal(taken);
  const auto made = take_password(desk, arguments, username);
  auto& database = desk.database();
  pg::Transaction transaction(database);
  const auto user = store::Users(database).insert(name, username, made.phc, groups);
  if (!user) throw Refusal(taken);
  if (email) store::Directory(database).set_email(*user, email);
  store::Events(database, desk.settings())
      .insert({.user = *user, .event = "user_created", .session = std::nullopt, .actor = desk.actor()});
  transaction.commit();
  desk.log("user_created", user, groups);
  tell_password(desk, arguments, username, made);
  return kDone;
}

int list_users(Desk& desk, const Arguments&) {
  Rows rows({"username", "name", "groups", {"disabled", {"yes", "no"}}, "sessions", "created", "id"});
  store::Directory directory(desk.database());
  for (store::UserId last{0};;) {
    const auto page = directory.list(last);
    for (const auto& user : page) rows.add(make_row(user));
    if (page.empty()) break;
    last = page.back().id;
    desk.database();
  }
  desk.print(std::move(rows));
  return kDone;
}

int show_user(Desk& desk, const Arguments& arguments) {
  const auto most = take_history(arguments);
  const auto user = require_user(desk, arguments.operand(0));
  Record record;
  record.add("username", user.username).add("name", user.name).add("groups", split_groups(user.groups));
  record.add("email", make_cell(user.email))
      .add("disabled", make_cell(user.disabled_at))
      .add("created", user.created_at);
  record.add("password_changed", user.password_changed_at)
      .add("password_hash", describe_hash(user.password_hash));
  record.add("id", user.id.value).add("sessions", make_sessions(desk, user.id));
  record.add("history", make_history(desk, user.id, most));
  desk.print(record);
  return kDone;
}

int set_password(Desk& desk, const Arguments& arguments) {
  const auto user = require_user(desk, arguments.operand(0));
  const auto made = take_password(desk, arguments, user.username);
  change_user(desk, user, "authn_password_change", [&](pg::Connection& database) {
    store::Users(database).set_password(user.id, made.phc, std::nullopt);
    end_access(database, desk.settings(), user.id);
    return Outcome();
  });
  tell_password(desk, arguments, user.username, made);
  return kDone;
}

int rename_user(Desk& desk, const Arguments& arguments) {
  const auto user = require_user(desk, arguments.operand(0));
  const auto name = arguments.value("name");
  const auto email = arguments.value("email");
  if (!name && !email) throw WrongUsage("user rename: it needs --name NAME or --email ADDRESS");
  if (name) require_valid(auth::check_name(*name));
  if (email && !email->empty()) require_email(*email);
  change_user(desk, user, "user_updated", [&](pg::Connection& database) {
    if (name) store::Users(database).rename(user.id, *name);
    if (email) change_email(database, user, *email);
    return Outcome();
  });
  return kDone;
}

int change_groups(Desk& desk, const Arguments& arguments) {
  const auto user = require_user(desk, arguments.operand(0));
  std::string groups;
  change_user(desk, user, "privilege_permissions_changed", [&](pg::Connection& database) {
    store::Directory directory(database);
    // the groups of before may have changed until the lock, and somebody may have written them by SQL
    const auto before = parse_groups(directory.find(user.username)->groups);
    groups = alter_groups(before, arguments.operands().subspan(1));
    directory.set_groups(user.id, groups);
    return Outcome{.changed = groups != before, .detail = groups};
  });
  desk.print(Record().add("username", user.username).add("groups", split_groups(groups)));
  return kDone;
}

int disable_user(Desk& desk, const Arguments& arguments) {
  const auto user = require_user(desk, arguments.operand(0));
  const bool changed = change_user(desk, user, "user_disabled", [&](pg::Connection& database) {
    end_access(database, desk.settings(), user.id);
    return Outcome{.changed = store::Directory(database).disable(user.id)};
  });
  desk.say(user.username + (changed ? " may no longer log in" : " was disabled already"));
  return kDone;
}

int enable_user(Desk& desk, const Arguments& arguments) {
  const auto user = require_user(desk, arguments.operand(0));
  const bool changed = change_user(desk, user, "user_enabled", [&](pg::Connection& database) {
    return Outcome{.changed = store::Directory(database).enable(user.id)};
  });
  desk.say(user.username + (changed ? " may log in again" : " was not disabled"));
  return kDone;
}

int delete_user(Desk& desk, const Arguments& arguments) {
  const auto user = require_user(desk, arguments.operand(0));
  desk.confirm("The account '" + user.username + "' and all that belongs to it will be deleted for good.");
  change_user(desk, user, "user_deleted", [&](pg::Connection& database) {
    store::Users(database).remove(user.id);
    return Outcome();
  });
  desk.say(user.username + " is deleted");
  return kDone;
}

}  // namespace ctl
