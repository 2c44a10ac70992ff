#include "auth/history.h"

#include "auth/client.h"
#include "auth/failures.h"

namespace auth {

void record(Service& service, const Call& call, store::UserId user, std::string_view event,
            std::optional<store::SessionId> session) {
  service.events.insert(
      {.user = user, .event = event, .session = session, .client = make_client_info(call.request)});
}

void record_failed_login(Service& service, const Call& call, std::optional<store::UserId> user) {
  const auto failure = catch_failure(
      [&] { service.events.insert_unsynced(user, "authn_login_fail", make_client_info(call.request)); });
  if (failure) log_failure(base::LogLevel::warning, "event_not_written", *failure);
}

}  // namespace auth
