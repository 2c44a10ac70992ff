// The history of an account: the entries that the service writes. Their words are those of the log
// (docs/operations.md).
#pragma once

#include <optional>
#include <string_view>

#include "auth/call.h"
#include "auth/service.h"

namespace auth {

/// Writes an entry other than that of a session that is opened, in the transaction that is open. `session` is
/// the one in which it happened, or which it began or ended. Throws pg::Error.
void record(Service& service, const Call& call, store::UserId user, std::string_view event,
            std::optional<store::SessionId> session = std::nullopt);

/// Writes that a login failed. Without a user it takes as long and writes nothing. A failure is logged, and
/// does not become the answer.
void record_failed_login(Service& service, const Call& call, std::optional<store::UserId> user);

}  // namespace auth
