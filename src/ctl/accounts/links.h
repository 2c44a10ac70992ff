// Links that hold a token, and how long they are good for. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/config.h"
#include "base/secret.h"
#include "crypto/token.h"

namespace ctl {

/// Where a user sets a new password. The token is a fragment, which browsers send to nobody.
base::Secret make_reset_link(const base::Settings& settings, const crypto::Token& token);
/// Where somebody makes an account; `username` may be empty.
base::Secret make_invitation_link(const base::Settings& settings, const crypto::Token& token,
                                  std::string_view username);

/// The seconds that `90m`, `12h` or `7d` spell, a minute to a year. Throws WrongUsage for anything else.
std::int64_t parse_life(std::string_view text);
/// The same in words, for mail: `90 minutes`, `12 hours`, `7 days`, in the largest unit that leaves no rest.
std::string describe_life(std::int64_t seconds);

}  // namespace ctl
