// Registration: who may make an account, and how one is made. It opens a session as a login does.
#include "auth/answers.h"
#include "auth/audit.h"
#include "auth/client.h"
#include "auth/handlers.h"
#include "auth/history.h"
#include "auth/new_password.h"
#include "auth/opening.h"
#include "base/text.h"

namespace auth {
namespace {

using base::LogLevel;
using base::Problem;
using base::ProblemId;
using base::Registration;

/// A live invitation and the digest by which it is taken; nothing where none is needed and none was given.
struct Invited {
  std::optional<crypto::Digest> hash;
  std::optional<store::Ticket> ticket;
};

Problem refuse_registration(const Call& call, std::string_view reason) {
  audit(call, LogLevel::info, "registration_refused", {}, {}, reason);
  return ProblemId::registration_closed;
}

/// Who may register, as REGISTRATION says. An invitation that was given must be good even where none is
/// needed: whoever sends it counts on what it gives.
base::Result<Invited> find_invitation(Service& service, const Call& call) {
  const auto registration = service.settings.registration;
  if (registration == Registration::closed) return refuse_registration(call, "closed");
  const auto given = call.fields.optional("invite");
  if (!given) {
    if (registration == Registration::invite) return refuse_registration(call, "no invitation");
    return Invited{};
  }
  const auto token = crypto::parse_token(*given);
  if (!token) return refuse_registration(call, "an invitation of no proper form");
  auto ticket = service.tickets.find(token->hash(), store::TicketPurpose::invitation);
  if (!ticket) return refuse_registration(call, "an invitation that is unknown, used or too old");
  return Invited{token->hash(), std::move(ticket)};
}

std::optional<base::FieldError> check_invited(const Invited& invited, std::string_view username) {
  if (!invited.ticket || !invited.ticket->username) return std::nullopt;
  if (base::equals_ignoring_case(*invited.ticket->username, username)) return std::nullopt;
  return base::FieldError{"username", "not_invited", "The invitation is for another username."};
}

/// The username as the account gets it: an invitation for one gives the operator's spelling of it, because
/// applications may tell users apart by case.
std::string_view spelled(const Call& call, const Invited& invited) {
  const bool is_given = invited.ticket && invited.ticket->username;
  return is_given ? std::string_view(*invited.ticket->username) : call.fields.required("username");
}

std::vector<base::FieldError> check_fields(const Service& service, const Call& call, const Invited& invited) {
  const auto username = call.fields.required("username");
  std::vector<base::FieldError> errors;
  for (auto& error :
       {check_name(call.fields.required("name")), check_username(username), check_invited(invited, username),
        check_settable_password(service.settings, service.blocklist, "password",
                                call.fields.required("password"), username)})
    if (error) errors.push_back(*error);
  return errors;
}

/// Creates the user with a session, and takes the invitation, in one transaction: of two registrations with
/// one invitation one gets it, and one that fails leaves it as it was.
base::Result<Opened> open_account(Service& service, const Call& call, const Invited& invited,
                                  std::string_view phc) {
  const auto username = spelled(call, invited);
  pg::Transaction transaction(service.connection);
  if (invited.hash && !service.tickets.take(*invited.hash, store::TicketPurpose::invitation))
    return refuse_registration(call, "an invitation that was used a moment ago");
  const std::string_view groups = invited.ticket ? std::string_view(invited.ticket->groups) : "";
  const auto user = service.users.insert(call.fields.required("name"), username, phc, groups);
  if (!user) return Problem(ProblemId::username_taken);
  auto opened = open_session(service, call, transaction, {.user = *user, .event = "user_created"});
  if (!opened) throw std::logic_error("the user of this transaction is not there");
  return std::move(*opened);
}

}  // namespace

Answer post_register(Service& service, Call& call) {
  const auto invited = find_invitation(service, call);
  if (!invited) return invited.problem();
  auto errors = check_fields(service, call, invited.value());
  if (!errors.empty()) return Problem(ProblemId::invalid_request, std::move(errors));

  // Only spares a hash that would be of no use (docs/security.md, T22). Between registrations that race each
  // other, the insertion decides.
  if (service.users.find_by_username(call.fields.required("username"))) return ProblemId::username_taken;
  const auto phc = service.hash_password(call.fields.required("password"));
  const auto opened = open_account(service, call, invited.value(), phc);
  if (!opened) return opened.problem();
  audit(call, LogLevel::info, "user_created", opened.value().session.user.id, {},
        invited.value().ticket ? "invited" : "");
  auto response = answer_opened(service, call, opened.value(), find_redirect(service, call));
  response.status = 201;
  response.reason = "Created";
  return response;
}

}  // namespace auth
