// Whether a password may be set: the rules of the policy, and the list of common passwords.
#pragma once

#include <optional>
#include <string_view>

#include "auth/service.h"
#include "base/problem.h"

namespace auth {

/// What is wrong with a password to be set, or nothing; `field` is its name in the request.
std::optional<base::FieldError> check_settable_password(const Service& service, std::string_view field,
                                                        std::string_view password, std::string_view username);

}  // namespace auth
