#include "store/users.h"

#include "store/statements.h"

namespace store {

std::int64_t Users::find_schema_version() {
  return connection_.execute(index(StatementId::schema_version), pg::Params()).integer(0, 0);
}

std::optional<UserId> Users::insert(std::string_view name, std::string_view username, std::string_view phc) {
  pg::Params params;
  params.add(name).add(username).add(phc);
  const auto result = connection_.execute(index(StatementId::user_insert), params);
  if (result.rows() == 0) return std::nullopt;
  return UserId{result.integer(0, 0)};
}

std::optional<UserPassword> Users::find_by_username(std::string_view username) {
  pg::Params params;
  params.add(username);
  const auto result = connection_.execute(index(StatementId::user_find_by_username), params);
  if (result.rows() == 0) return std::nullopt;
  return UserPassword{{result.integer(0, 0)}, result.text(0, 1)};
}

std::optional<std::string> Users::find_password(UserId user) {
  pg::Params params;
  params.add(user.value);
  const auto result = connection_.execute(index(StatementId::user_find_password), params);
  if (result.rows() == 0) return std::nullopt;
  return result.text(0, 0);
}

bool Users::lock(UserId user, const std::optional<std::string_view>& expected) {
  pg::Params params;
  params.add(user.value).add_optional(expected);
  return connection_.execute(index(StatementId::user_lock), params).rows() == 1;
}

bool Users::set_password(UserId user, std::string_view phc, const std::optional<std::string_view>& expected) {
  pg::Params params;
  params.add(user.value).add(phc).add_optional(expected);
  return connection_.execute(index(StatementId::user_set_password), params).affected() == 1;
}

void Users::rename(UserId user, std::string_view name) {
  pg::Params params;
  params.add(user.value).add(name);
  connection_.execute(index(StatementId::user_rename), params);
}

bool Users::rehash(UserId user, std::string_view expected, std::string_view phc) {
  pg::Params params;
  params.add(user.value).add(expected).add(phc);
  return connection_.execute(index(StatementId::user_rehash), params).affected() == 1;
}

void Users::remove(UserId user) {
  pg::Params params;
  params.add(user.value);
  connection_.execute(index(StatementId::user_delete), params);
}

}  // namespace store
