// The throttle for checks of passwords, and for changes: each attempt is counted before anything is hashed.
// What counts under which key, and why nobody is locked out by others, is in docs/sessions.md, "The
// throttle".
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "auth/call.h"
#include "auth/service.h"

namespace auth {

/// The counters that an attempt was counted under, in this order; Throttle::forgive() takes it back when the
/// password was right.
using Attempt = std::vector<store::Count>;

/// Counts a login as `username`, who is `user` or nobody: under both the address and the account, or under
/// neither when one of them refuses; for a device of this user, under the keys of devices alone. Names that
/// do not exist are counted and delayed alike, so that delays do not tell which names exist
/// (ASVS 5.0, 6.3.8). The Problem is too_many_attempts with the seconds to wait. Throws pg::Error.
base::Result<Attempt> begin_login(Service& service, const Call& call, std::string_view username,
                                  const std::optional<store::LoginUser>& user);

/// Counts an attempt to prove the current password in the session of the call. The Problem and exceptions are
/// those of begin_login().
base::Result<Attempt> begin_proof(Service& service, const Call& call);

/// Counts a change of the password of the user in the session of the call, which costs a hash even if it is
/// right; so it is never forgiven. Returns too_many_attempts when there were too many, else nothing. Throws
/// pg::Error.
std::optional<base::Problem> count_change(Service& service, const Call& call);

/// The key of the counter of an address; an IPv6 address shares it with its /64 network. All texts that are
/// not addresses share one key, so that none of them escapes the throttle.
crypto::Digest make_address_key(std::string_view remote_address);

/// The key of the counter of a device. No copy of its token is left in memory.
crypto::Digest make_device_key(const crypto::Token& device);

}  // namespace auth
