// The log events of requests and their levels. Passwords and tokens are never logged.
#pragma once

#include <optional>
#include <string_view>

#include "auth/call.h"
#include "auth/failures.h"
#include "base/log.h"

namespace auth {

/// Logs an event with the request id and the address of the client, and with what is given of user, session
/// and detail.
void audit(const Call& call, base::LogLevel level, std::string_view event,
           std::optional<store::UserId> user = std::nullopt,
           std::optional<store::SessionId> session = std::nullopt, std::string_view detail = {});

/// Logs that a request is refused with `problem`. Does nothing for problems that have no event, or whose
/// event is logged by the handler because it knows more.
void audit_refusal(const Call& call, base::ProblemId problem);

/// Logs why a request failed.
void audit_failure(const Call& call, const Failure& failure);

}  // namespace auth
