// Events: what is logged of a request, and with what level. Passwords and tokens never are.
#pragma once

#include <optional>
#include <string_view>

#include "auth/call.h"
#include "auth/failures.h"
#include "base/log.h"

namespace auth {

/// Writes an event with the request id and the client's address; user and session where they are known.
void audit(const Call& call, base::LogLevel level, std::string_view event,
           std::optional<store::UserId> user = std::nullopt,
           std::optional<store::SessionId> session = std::nullopt, std::string_view detail = {});

/// Writes the event of a request that is refused with `problem`, if it has one. Where the handler knows more,
/// it has written an event of its own.
void audit_refusal(const Call& call, base::ProblemId problem);

/// Writes why a request could not be answered.
void audit_failure(const Call& call, const Failure& failure);

}  // namespace auth
