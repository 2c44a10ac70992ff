// Whether a password may be chosen: the rules of policy.h and the list of common passwords.
#pragma once

#include <optional>
#include <string_view>

#include "auth/blocklist.h"
#include "base/config.h"
#include "base/problem.h"

namespace auth {

/// What is wrong with a new password, or nothing. `field` is its name in the request.
std::optional<base::FieldError> check_settable_password(const base::Settings& settings,
                                                        const Blocklist& blocklist, std::string_view field,
                                                        std::string_view password, std::string_view username);

}  // namespace auth
