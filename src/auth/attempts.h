// The throttle around every check of a password: counted by address and by account before anything is hashed.
// So that nobody can be locked out, a device that logged in before as this user has a counter of its own.
#pragma once

#include <optional>
#include <string_view>

#include "auth/call.h"
#include "auth/service.h"

namespace auth {

/// The counters that an attempt was counted under; nothing where that throttle is off.
struct Attempt {
  std::optional<crypto::Digest> address;
  std::optional<crypto::Digest> account;
};

/// Counts an attempt to prove the password of `username`, which need not exist: unknown names are counted and
/// delayed alike (ASVS A6.3.8). The Problem is too_many_attempts with the seconds to wait.
base::Result<Attempt> begin_attempt(Service& service, const Call& call, std::string_view username);

/// The password was right: the account's counter starts anew, the address gets this attempt back, but not
/// those before it, so that an attacker's own account helps nothing.
void forgive_attempt(Service& service, const Attempt& attempt);

/// The key of an address; of IPv6, of its /64 network. All texts that are no address share one key, so that
/// none of them escapes the throttle.
crypto::Digest make_address_key(std::string_view remote_address);

}  // namespace auth
