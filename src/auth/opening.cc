#include "auth/opening.h"

#include "auth/answers.h"
#include "auth/audit.h"
#include "auth/client.h"
#include "auth/session_cookies.h"

namespace auth {

using base::LogLevel;

namespace {

/// The tokens of a new session; that of a device for a browser that is not known.
struct NewTokens {
  crypto::TokenPair pair = crypto::make_token_pair();
  std::optional<crypto::Token> device;
};

/// The steps that open a session, and where the results are of those that may be left out.
struct Plan {
  pg::Steps steps;
  std::optional<std::size_t> replaced;
  std::optional<std::size_t> excess;
};

/// The user's row is locked by the first step, and what is replaced does not count for the excess.
Plan make_plan(const Service& service, const Call& call, const Opening& opening, const NewTokens& tokens,
               const store::ClientInfo& client) {
  Plan plan;
  auto& steps = plan.steps;
  const auto access = tokens.pair.access.hash();
  service.sessions.add_open(steps, opening.user, opening.verified, tokens.pair, client);
  if (const auto& given = call.credentials; given.access || given.refresh) {
    plan.replaced = steps.size();
    service.revocations.add_revoke_presented(steps, given.access, given.refresh, access);
  }
  if (service.settings.max_sessions_per_user > 0) {
    plan.excess = steps.size();
    service.revocations.add_revoke_excess(steps, opening.user, access);
  }
  if (tokens.device) store::Devices::add_insert(steps, tokens.device->hash(), opening.user, access);
  service.events.add_insert(steps, opening.event, opening.tells_device && tokens.device, access);
  return plan;
}

void audit_replaced(const Call& call, const std::vector<store::RevokedSession>& replaced) {
  for (const auto& ended : replaced)
    audit(call, LogLevel::info, "authn_token_revoked", ended.user, ended.id, "replaced by a login");
}

void audit_excess(const Call& call, store::UserId user, const store::Excess& excess) {
  for (const auto& ended : excess.named)
    audit(call, LogLevel::info, "authn_token_revoked", user, ended, "more than MAX_SESSIONS_PER_USER");
  if (excess.unnamed > 0)
    audit(call, LogLevel::info, "authn_token_revoked", user, {},
          std::to_string(excess.unnamed) + " others, more than MAX_SESSIONS_PER_USER");
}

}  // namespace

std::optional<Opened> open_session(Service& service, const Call& call, pg::Transaction& transaction,
                                   const Opening& opening) {
  NewTokens tokens;
  if (!opening.device_known) tokens.device = crypto::make_token();
  const auto client = make_client_info(call.request);
  const auto plan = make_plan(service, call, opening, tokens, client);
  const auto results = transaction.commit(plan.steps);
  if (results.front().rows() == 0) return std::nullopt;
  if (plan.replaced) audit_replaced(call, store::Revocations::read_revoked(results[*plan.replaced]));
  if (plan.excess) audit_excess(call, opening.user, store::Revocations::read_excess(results[*plan.excess]));
  return Opened{store::read_opened(results.front()), std::move(tokens.pair), tokens.device};
}

http::Response answer_opened(const Service& service, const Call& call, const Opened& opened,
                             std::string_view redirect) {
  audit(call, LogLevel::info, "session_created", opened.session.user.id, opened.session.id);
  auto response = make_opened_response(service, call, opened.session, opened.pair, redirect);
  opened.device ? add_device_cookie(service.settings, call, *opened.device, response.cookies)
                : move_device_cookie(service.settings, call, response.cookies);
  return response;
}

}  // namespace auth
