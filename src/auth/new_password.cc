#include "auth/new_password.h"

#include "auth/policy.h"

namespace auth {

std::optional<base::FieldError> check_settable_password(const base::Settings& settings,
                                                        const Blocklist& blocklist, std::string_view field,
                                                        std::string_view password,
                                                        std::string_view username) {
  if (auto error = check_new_password(settings, field, password, username)) return error;
  if (!blocklist.contains(password)) return std::nullopt;
  return base::FieldError{std::string(field), "common", "The password is one of the most common ones."};
}

}  // namespace auth
