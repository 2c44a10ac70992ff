// base/heartbeat and those who call it: each step that may take long has a full interval from its own
// beginning, whatever the steps before it took, and a hash has more. Each step fails at once here, so that
// what it had asked for is left.
#include "base/heartbeat.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <functional>
#include <limits>
#include <new>

#include "auth/cleanup.h"
#include "auth/service.h"
#include "base/clock.h"
#include "base/setting_source.h"
#include "fake_postgres.h"

namespace {

constexpr std::int64_t kInterval = 7000;
constexpr std::int64_t kHashPatience = 60000;             // docs/design.md, Deadlines
constexpr std::int64_t kMuchKib = std::int64_t{1} << 31;  // 2 TiB
constexpr rlim_t kLittle = rlim_t{1} << 40;               // 1 TiB, far more than this program has

/// The heartbeat of this process. It outlives the tests, as those of other files beat, too.
base::Heartbeat heartbeat;

/// What a step asked for, in milliseconds from its beginning; at least. Nothing when it gave no sign of life.
template <class Failure>
std::int64_t time_given(const std::function<void()>& step) {
  base::set_heartbeat(heartbeat, kInterval);
  heartbeat.due = 0;
  const auto begin = base::monotonic_ms();
  EXPECT_THROW(step(), Failure);
  return heartbeat.due - begin;
}

base::Settings make_settings(const std::string& host) {
  const auto lookup = [&](std::string_view name) -> const char* {
    return name == "DB_HOST" ? host.c_str() : nullptr;
  };
  return base::load_settings(base::SettingSource(lookup, "", "none"), 1).settings;
}

/// Takes away the memory for hashes of kMuchKib, while it lives.
class MemoryLimit {
 public:
  MemoryLimit() {
    ::getrlimit(RLIMIT_AS, &usual_);
    const rlimit limit{kLittle, usual_.rlim_max};
    ::setrlimit(RLIMIT_AS, &limit);
  }
  ~MemoryLimit() { ::setrlimit(RLIMIT_AS, &usual_); }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;

 private:
  rlimit usual_{};
};

TEST(Heartbeat, AHashMayTakeLongerThanTheInterval) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer itself has more memory than the limit allows";
#endif
  auto settings = make_settings("/nonexistent");
  settings.argon2_memory_kib = kMuchKib;
  settings.argon2_time = 1;
  pg::Connection database(settings);
  const auth::Blocklist blocklist("off");
  const base::Scoreboard scoreboard(0);
  auth::Service service(settings, database, blocklist, scoreboard);
  const std::string phc = "$argon2id$v=19$m=2000000000,t=1,p=1$c2FsdHNhbHQ$dGFndGFndGFndGFndGFndA";
  const std::pair<const char*, std::function<void()>> steps[] = {
      {"hash", [&] { service.hash_password("seven purple kites"); }},
      {"verify", [&] { service.verify_password("seven purple kites", phc); }},
      {"verify nobody", [&] { service.verify_nobody("seven purple kites"); }}};
  const MemoryLimit limit;
  for (const auto& [name, step] : steps) {
    EXPECT_GE(time_given<std::bad_alloc>(step), kInterval + kHashPatience) << name;
    EXPECT_EQ(heartbeat.step, base::Step::hashing) << name;
  }
}

TEST(Heartbeat, AfterAHashTheUsualTimeBegins) {
  auto settings = make_settings("/nonexistent");
  settings.argon2_memory_kib = 64;
  settings.argon2_time = 1;
  pg::Connection database(settings);
  const auth::Blocklist blocklist("off");
  const base::Scoreboard scoreboard(0);
  auth::Service service(settings, database, blocklist, scoreboard);
  const std::pair<const char*, std::function<void()>> steps[] = {
      {"hash", [&] { service.hash_password("seven purple kites"); }},
      {"verify", [&] { service.verify_password("seven purple kites", ""); }},
      {"verify nobody", [&] { service.verify_nobody("seven purple kites"); }},
      {"the next request", [&] { service.restart_deadline(); }}};
  base::set_heartbeat(heartbeat, kInterval);
  for (const auto& [name, step] : steps) {
    heartbeat.due = 0;
    const auto begin = base::monotonic_ms();
    step();
    EXPECT_GE(heartbeat.due, begin + kInterval) << name;
    EXPECT_LE(heartbeat.due, base::monotonic_ms() + kInterval) << name;
  }
}

TEST(Heartbeat, ConnectingToASilentHostHasAFullInterval) {
  const fake::Directory silent;
  const auto nobody = fake::listen_at(silent);
  const auto settings = make_settings(silent.path());
  pg::Connection database(settings);
  database.set_deadline(base::monotonic_ms() + 50);
  EXPECT_GE(time_given<pg::Error>([&] { database.require_connected(); }), kInterval);
  EXPECT_EQ(heartbeat.step, base::Step::connecting);
}

TEST(Heartbeat, AStepThatNoWorkerHasIsNamedAsSuch) {
  EXPECT_EQ(base::words_of(base::Step::hashing), "computes a password hash");
  for (const int number : {-1, static_cast<int>(base::Step::count), std::numeric_limits<int>::min()})
    EXPECT_EQ(base::words_of(static_cast<base::Step>(number)), "is in a step that does not exist") << number;
}

TEST(Heartbeat, ACleanupHasAFullInterval) {
  const fake::Directory absent;
  const auto settings = make_settings(absent.path());
  pg::Connection database(settings);
  database.set_deadline(base::monotonic_ms() + 5000);
  EXPECT_THROW(database.require_connected(), pg::Error);
  // Right after that attempt no other is made, which would beat by itself.
  EXPECT_GE(time_given<pg::Error>([&] { auth::clean_up_batch(database, settings); }), kInterval);
}

}  // namespace
