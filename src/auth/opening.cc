#include "auth/opening.h"

#include "auth/answers.h"
#include "auth/audit.h"
#include "auth/session_cookies.h"

namespace auth {

using base::LogLevel;

void end_presented_session(Service& service, const Call& call) {
  const auto& credentials = call.credentials;
  for (const auto& ended : service.revocations.revoke_presented(credentials.access, credentials.refresh))
    audit(call, LogLevel::info, "authn_token_revoked", ended.user, ended.id, "replaced by a login");
}

std::optional<crypto::Token> insert_device(Service& service, const Call& call, store::UserId user,
                                           std::string_view username) {
  const auto& presented = call.credentials.device;
  if (presented && service.devices.find_owner(presented->hash(), username)) return std::nullopt;
  auto device = crypto::make_token();
  service.devices.insert(device.hash(), user);
  return device;
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
