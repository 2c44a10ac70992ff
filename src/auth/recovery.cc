// The way back in with a link of the operator, for whoever has forgotten the password.
#include "auth/answers.h"
#include "auth/audit.h"
#include "auth/handlers.h"
#include "auth/history.h"
#include "auth/new_password.h"
#include "auth/session_cookies.h"

namespace auth {
namespace {

using base::LogLevel;
using base::Problem;
using base::ProblemId;
constexpr auto kPurpose = store::TicketPurpose::password_reset;

Problem refuse_ticket(const Call& call, std::optional<store::UserId> user = std::nullopt) {
  audit(call, LogLevel::warning, "reset_link_refused", user);
  return ProblemId::invalid_ticket;
}

/// Takes the ticket, sets the hash, and ends all that anybody has of the account, in one transaction under
/// the lock of the user: sessions, devices, other tickets. The browser becomes the one that is known, whose
/// `device` that is. False when the ticket was used, or the user disabled or deleted, meanwhile.
bool reset_password(Service& service, const Call& call, const crypto::Digest& ticket, store::UserId user,
                    std::string_view phc, const crypto::Token& device) {
  pg::Transaction transaction(service.connection);
  if (!service.users.lock_enabled(user, std::nullopt)) return false;
  if (!service.tickets.take(ticket, kPurpose)) return false;
  service.users.set_password(user, phc, std::nullopt);
  service.revocations.revoke_all(user);
  service.devices.remove_others(user, std::nullopt);
  service.devices.insert(device.hash(), user);
  service.tickets.remove_of_user(user);
  record(service, call, user, "reset_link_used");
  transaction.commit();
  return true;
}

}  // namespace

/// Opens no session: whoever has set the password logs in with it, also while others try passwords, as the
/// link has proved who he is.
Answer post_reset_password(Service& service, Call& call) {
  const auto token = crypto::parse_token(call.fields.required("token"));
  const auto ticket = token ? service.tickets.find(token->hash(), kPurpose) : std::nullopt;
  if (!ticket) return refuse_ticket(call);
  const auto password = call.fields.required("new_password");
  if (auto error = check_settable_password(service.settings, service.blocklist, "new_password", password,
                                           *ticket->username))
    return Problem(ProblemId::invalid_request, {*error});
  const auto phc = service.hash_password(password);
  const auto device = crypto::make_token();
  if (!reset_password(service, call, token->hash(), *ticket->user, phc, device))
    return refuse_ticket(call, ticket->user);
  audit(call, LogLevel::info, "reset_link_used", ticket->user);
  auto response = make_message("Password changed");
  add_device_cookie(service.settings, call, device, response.cookies);
  return response;
}

}  // namespace auth
