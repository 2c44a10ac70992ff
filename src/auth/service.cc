#include "auth/service.h"

#include <functional>

#include "base/clock.h"
#include "base/heartbeat.h"
#include "base/tally.h"

namespace auth {
namespace {

// In milliseconds.
constexpr std::int64_t kDatabaseDeadline = 5000;
/// What a hash may take beyond the usual: it ends by itself, but a busy host leaves it few processors, as the
/// pool `password` has the lowest priority.
constexpr std::int64_t kHashPatience = 60000;

/// Runs `work`, which computes a hash. What that took is counted, and then the database gets its time anew.
void do_hashing(Service& service, const std::function<void()>& work) {
  base::beat(base::Step::hashing, kHashPatience);
  const std::int64_t begun = base::monotonic_us();
  work();
  base::tally().hashes.observe(base::monotonic_us() - begun);
  service.restart_deadline();
}

}  // namespace

Service::Service(const base::Settings& service_settings, pg::Connection& database,
                 const Blocklist& common_passwords, const base::Scoreboard& board)
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
      blocklist(common_passwords),
      scoreboard(board) {}

std::string Service::hash_password(std::string_view password) {
  std::string phc;
  do_hashing(*this, [&] { phc = passwords.hash(password); });
  return phc;
}

crypto::Verdict Service::verify_password(std::string_view password, std::string_view phc) {
  auto verdict = crypto::Verdict::unusable;
  do_hashing(*this, [&] { verdict = passwords.verify(password, phc); });
  return verdict;
}

void Service::spend_as_mismatch(std::string_view password, std::string_view phc) {
  do_hashing(*this, [&] { passwords.spend_as_mismatch(password, phc); });
}

void Service::verify_nobody(std::string_view password) {
  do_hashing(*this, [&] { passwords.verify_nobody(password); });
}

void Service::restart_deadline() {
  base::beat(base::Step::answering);
  connection.set_deadline(base::monotonic_ms() + kDatabaseDeadline);
}

}  // namespace auth
