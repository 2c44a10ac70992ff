// The throttle for checks of passwords: each attempt is counted by address and by account before anything is
// hashed. A device that has logged in as the user before has its own counter in place of the account's, so
// that nobody can lock users out of their accounts.
#pragma once

#include <optional>
#include <string_view>

#include "auth/call.h"
#include "auth/service.h"

namespace auth {

/// The keys of the counters that an attempt was counted under; nothing where a throttle is off. `account` may
/// be that of a device.
struct Attempt {
  std::optional<crypto::Digest> address;
  std::optional<crypto::Digest> account;
};

/// Counts an attempt to prove the password of `username`. Names that do not exist are counted and delayed
/// alike, so that delays do not tell which names exist (ASVS 5.0, 6.3.8). The Problem is too_many_attempts
/// with the seconds to wait. Throws pg::Error.
base::Result<Attempt> begin_attempt(Service& service, const Call& call, std::string_view username);

/// Call this when the password was right. It resets the counter of the account, but takes only this attempt
/// off the counter of the address: else attackers could reset it by logging in to an account of their own.
/// Throws pg::Error.
void forgive_attempt(Service& service, const Attempt& attempt);

/// The key of the counter of an address; an IPv6 address shares it with its /64 network. All texts that are
/// not addresses share one key, so that none of them escapes the throttle.
crypto::Digest make_address_key(std::string_view remote_address);

}  // namespace auth
