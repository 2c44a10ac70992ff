#include "auth/service.h"

#include "base/clock.h"
#include "base/heartbeat.h"

namespace auth {
namespace {

// In milliseconds.
constexpr std::int64_t kDatabaseDeadline = 5000;
/// What a hash may take beyond the usual: it ends by itself, but a busy host leaves it few processors, as the
/// pool `password` has the lowest priority.
constexpr std::int64_t kHashPatience = 60000;

}  // namespace

Service::Service(const base::Settings& service_settings, pg::Connection& database,
                 const Blocklist& common_passwords)
    : settings(service_settings),
      connection(database),
      schema(database),
      users(database),
      sessions(database, service_settings),
      rotations(database, service_settings),
      revocations(database, service_settings),
      throttle(database),
      devices(database),
      tickets(database),
      events(database, service_settings),
      passwords(crypto::make_cost(service_settings)),
      blocklist(common_passwords) {}

std::string Service::hash_password(std::string_view password) {
  base::beat(base::Step::hashing, kHashPatience);
  auto phc = passwords.hash(password);
  restart_deadline();
  return phc;
}

crypto::Verdict Service::verify_password(std::string_view password, std::string_view phc) {
  base::beat(base::Step::hashing, kHashPatience);
  const auto verdict = passwords.verify(password, phc);
  restart_deadline();
  return verdict;
}

void Service::spend_as_mismatch(std::string_view password, std::string_view phc) {
  base::beat(base::Step::hashing, kHashPatience);
  passwords.spend_as_mismatch(password, phc);
  restart_deadline();
}

void Service::verify_nobody(std::string_view password) {
  base::beat(base::Step::hashing, kHashPatience);
  passwords.verify_nobody(password);
  restart_deadline();
}

void Service::restart_deadline() {
  base::beat(base::Step::answering);
  connection.set_deadline(base::monotonic_ms() + kDatabaseDeadline);
}

}  // namespace auth
