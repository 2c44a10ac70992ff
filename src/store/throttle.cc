#include "store/throttle.h"

#include "store/statements.h"

namespace store {
namespace {

std::int64_t purge(pg::Connection& connection, StatementId statement) {
  return connection.execute(index(statement), pg::Params()).affected();
}

}  // namespace

std::int64_t Throttle::take(const crypto::Digest& key, std::int64_t free) {
  pg::Params params;
  params.add(key).add(free);
  return connection_.execute(index(StatementId::attempt_take), params).integer(0, 0);
}

void Throttle::forget(const crypto::Digest& key) {
  pg::Params params;
  params.add(key);
  connection_.execute(index(StatementId::attempt_forget), params);
}

void Throttle::take_back(const crypto::Digest& key) {
  pg::Params params;
  params.add(key);
  connection_.execute(index(StatementId::attempt_take_back), params);
}

bool Devices::is_known(const crypto::Digest& device, std::string_view username) {
  pg::Params params;
  params.add(device).add(username);
  return connection_.execute(index(StatementId::device_find), params).rows() == 1;
}

void Devices::insert(const crypto::Digest& device, UserId user) {
  pg::Params added;
  added.add(device).add(user.value);
  connection_.execute(index(StatementId::device_insert), added);
  pg::Params owner;
  owner.add(user.value);
  connection_.execute(index(StatementId::device_remove_excess), owner);
}

Purged purge_batch(pg::Connection& connection) {
  return {purge(connection, StatementId::purge_sessions), purge(connection, StatementId::purge_attempts),
          purge(connection, StatementId::purge_devices)};
}

}  // namespace store
