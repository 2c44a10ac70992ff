// The commands on what the operator gives out as a link: invitations, and links to reset a password.
#include <optional>
#include <string>
#include <vector>

#include "auth/policy.h"
#include "base/utf8.h"
#include "crypto/token.h"
#include "ctl/accounts/change.h"
#include "ctl/accounts/links.h"
#include "ctl/accounts/mail.h"
#include "ctl/groups.h"
#include "ctl/verbs.h"
#include "store/tickets.h"
#include "store/users.h"

namespace ctl {
namespace {

constexpr std::string_view kUsualLife = "7d";

/// Prints a link. It ends up in no copy that outlives it, but for the output.
void print_link(Desk& desk, const base::Secret& link, Record record) {
  desk.print(record.add("link", std::string(link.view())));
}

base::Secret make_text(const Desk& desk, const store::DirectoryEntry& user, const base::Secret& link) {
  std::string text("Hello ");
  text.append(base::without_control_characters(user.name)).append(",\n\nset a new password here:\n\n");
  text.append(link.view());
  text.append("\n\nThe link works once, within ").append(describe_life(desk.settings().reset_link_ttl));
  text.append(". It is for the username ").append(user.username).append(".\n");
  text.append("The password that you have stays as it is until then. Give this link to nobody.\n");
  return base::Secret(std::move(text));
}

/// Takes the ticket back when the mail with it has failed: nobody has its token.
void send_link(Desk& desk, Mailer& mailer, const store::DirectoryEntry& user, store::TicketId ticket,
               const base::Secret& link) {
  const auto text = make_text(desk, user, link);
  const std::string subject = "Set a new password at " + desk.settings().public_url;
  try {
    mailer.send({.to = *user.email, .subject = subject, .text = text.view()});
  } catch (...) {
    store::Tickets(desk.database()).revoke(ticket, store::TicketPurpose::password_reset);
    throw;
  }
  desk.say("a link to set a new password was mailed to " + *user.email);
}

/// While REGISTRATION is closed the service honours no invitation, so none is made that would come to life
/// later.
void require_registration(const base::Settings& settings) {
  if (settings.registration == base::Registration::closed)
    throw Refusal(
        "nobody may register, with an invitation either: set REGISTRATION to invite, or see: sessionctl user "
        "add --help");
}

void require_free(Desk& desk, std::string_view username) {
  require_valid(auth::check_username(username));
  if (store::Users(desk.database()).find_by_username(username))
    throw Refusal("the username '" + std::string(username) + "' is taken");
}

}  // namespace

int give_reset_link(Desk& desk, const Arguments& arguments) {
  std::optional<Mailer> mailer;
  if (arguments.has("send")) mailer.emplace(desk.settings());
  const auto user = require_user(desk, arguments.operand(0));
  if (user.disabled_at)
    throw Refusal("the user '" + user.username + "' is disabled; see: sessionctl user enable --help");
  if (mailer && !user.email)
    throw Refusal("the user '" + user.username +
                  "' has no address for mail; see: sessionctl user rename --help");
  const auto token = crypto::make_token();
  std::optional<store::TicketId> ticket;
  change_user(desk, user, "reset_link_created", [&](pg::Connection& database) {
    if (!store::Users(database).lock_enabled(user.id, std::nullopt))
      throw Refusal("the user '" + user.username + "' has been disabled meanwhile");
    if (mailer && store::Directory(database).find(user.username)->email != user.email)
      throw Refusal("the user '" + user.username + "' has another address for mail meanwhile");
    ticket = store::Tickets(database).insert_password_reset(token.hash(), user.id,
                                                            desk.settings().reset_link_ttl, desk.actor());
    return Outcome();
  });
  const auto link = make_reset_link(desk.settings(), token);
  if (mailer)
    send_link(desk, *mailer, user, ticket.value(), link);
  else
    print_link(desk, link, Record().add("username", user.username));
  return kDone;
}

int give_invitation(Desk& desk, const Arguments& arguments) {
  const auto groups = parse_groups(arguments.value("groups").value_or(""));
  const auto username = arguments.value("username");
  const auto life = parse_life(arguments.value("expires").value_or(kUsualLife));
  require_registration(desk.settings());
  if (username) require_free(desk, *username);
  const auto token = crypto::make_token();
  const auto id =
      store::Tickets(desk.database())
          .insert_invitation(token.hash(),
                             {.groups = groups, .username = username, .life = life, .actor = desk.actor()});
  desk.log("invitation_created", std::nullopt, "invitation " + std::to_string(id.value));
  const auto link = make_invitation_link(desk.settings(), token, username.value_or(""));
  print_link(desk, link, Record().add("id", id.value));
  return kDone;
}

int list_invitations(Desk& desk, const Arguments&) {
  Rows rows({"id", "username", "groups", "created", "expires", "actor"});
  for (const auto& ticket : store::Tickets(desk.database()).list(store::TicketPurpose::invitation))
    rows.add({ticket.id.value, make_cell(ticket.username), split_groups(ticket.groups), ticket.created_at,
              ticket.expires_at, ticket.actor});
  desk.print(std::move(rows));
  return kDone;
}

int revoke_invitations(Desk& desk, const Arguments& arguments) {
  std::vector<store::TicketId> ids;
  for (const auto operand : arguments.operands())
    ids.push_back({require_id(operand, "the id of an invitation, as invite list prints them")});
  auto& database = desk.database();
  pg::Transaction transaction(database);
  for (const auto id : ids)
    if (!store::Tickets(database).revoke(id, store::TicketPurpose::invitation))
      throw Refusal("there is no invitation " + std::to_string(id.value) +
                    ", so none was revoked; see: " + "sessionctl invite list");
  transaction.commit();
  for (const auto id : ids)
    desk.log("invitation_revoked", std::nullopt, "invitation " + std::to_string(id.value));
  return kDone;
}

}  // namespace ctl
