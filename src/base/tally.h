// What a process of the service counts, for /status and /metrics: numbers in memory that all processes share,
// each written by one process and read by any. There is one tally for the process, because whatever layer
// does what is counted has to note it.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/enum_table.h"

namespace base {

/// A number that only grows. One process adds to it, so that no addition needs a locked instruction.
class Counter {
 public:
  void add(std::int64_t more = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
  }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_;
};
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

/// The upper bounds of a histogram's buckets, in microseconds: from what a check takes to the patience of
/// nginx.
inline constexpr std::array<std::int64_t, 15> kBounds{250,    500,     1000,    2500,    5000,
                                                      10000,  25000,   50000,   100000,  250000,
                                                      500000, 1000000, 2500000, 5000000, 10000000};

/// Durations, counted by their size. The last bucket has those above all bounds.
struct Histogram {
  std::array<Counter, kBounds.size() + 1> buckets;
  Counter sum;  ///< In microseconds.

  void observe(std::int64_t microseconds) {
    const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), microseconds);
    buckets[static_cast<std::size_t>(bound - kBounds.begin())].add();
    sum.add(microseconds);
  }
};

/// The events of the log that are counted, also those that its level leaves out.
enum class Counted : std::uint8_t {
  login_succeeded,
  login_failed,
  attempt_throttled,
  user_created,
  registration_refused,
  session_created,
  session_renewed,
  refresh_refused,
  token_reused,
  password_changed,
  group_lacking,
  guard_misplaced,
  cross_site_refused,
  request_late,
  request_abandoned,
  request_failed,
  database_connected,
  database_lost,
  database_unavailable,
  peer_refused,
  worker_hung,
  worker_overstepped,
  worker_failed,
  worker_ended,
  cleanup_failed,
  renewal_done,
  renewal_refused,
  renewal_unfinished,
  count
};

struct CountedRow {
  Counted id;
  std::string_view event;  ///< As the log names it.
};
inline constexpr std::array kCounted{
    CountedRow{Counted::login_succeeded, "authn_login_success"},
    CountedRow{Counted::login_failed, "authn_login_fail"},
    CountedRow{Counted::attempt_throttled, "authn_login_lock"},
    CountedRow{Counted::user_created, "user_created"},
    CountedRow{Counted::registration_refused, "registration_refused"},
    CountedRow{Counted::session_created, "session_created"},
    CountedRow{Counted::session_renewed, "session_renewed"},
    CountedRow{Counted::refresh_refused, "authn_token_refused"},
    CountedRow{Counted::token_reused, "authn_token_reuse"},
    CountedRow{Counted::password_changed, "authn_password_change"},
    CountedRow{Counted::group_lacking, "authz_fail"},
    CountedRow{Counted::guard_misplaced, "guard_misplaced"},
    CountedRow{Counted::cross_site_refused, "malicious_csrf"},
    CountedRow{Counted::request_late, "request_late"},
    CountedRow{Counted::request_abandoned, "request_abandoned"},
    CountedRow{Counted::request_failed, "request_failed"},
    CountedRow{Counted::database_connected, "database_connected"},
    CountedRow{Counted::database_lost, "database_lost"},
    CountedRow{Counted::database_unavailable, "database_unavailable"},
    CountedRow{Counted::peer_refused, "peer_refused"},
    CountedRow{Counted::worker_hung, "worker_hung"},
    CountedRow{Counted::worker_overstepped, "worker_overstepped"},
    CountedRow{Counted::worker_failed, "worker_failed"},
    CountedRow{Counted::worker_ended, "worker_exit"},
    CountedRow{Counted::cleanup_failed, "cleanup_failed"},
    CountedRow{Counted::renewal_done, "service_renewed"},
    CountedRow{Counted::renewal_refused, "renewal_refused"},
    CountedRow{Counted::renewal_unfinished, "renewal_unfinished"},
};
static_assert(is_enum_table(kCounted));

/// The tables from which the cleanup deletes rows.
enum class Cleaned : std::uint8_t { sessions, attempts, devices, tickets, events, count };

struct CleanedRow {
  Cleaned id;
  std::string_view table;
};
inline constexpr std::array kCleaned{
    CleanedRow{Cleaned::sessions, "sessions"}, CleanedRow{Cleaned::attempts, "attempts"},
    CleanedRow{Cleaned::devices, "devices"},   CleanedRow{Cleaned::tickets, "tickets"},
    CleanedRow{Cleaned::events, "events"},
};
static_assert(is_enum_table(kCleaned));

/// The classes of status codes, 1xx to 5xx.
inline constexpr std::size_t kStatusClasses = 5;
/// The most routes that can be counted, with the place for requests that have none.
inline constexpr std::size_t kMostRoutes = 32;

/// What is counted of one route.
struct RouteTally {
  std::array<Counter, kStatusClasses> answers;  ///< By the class of the status, less one.
  Histogram durations;
};

/// All that one process counts. Everything is 0 in memory of zeros.
struct Tally {
  std::array<RouteTally, kMostRoutes>
      routes;  ///< In the order of the table of routes; the next one has the rest.
  std::array<Counter, kCounted.size()> events;
  std::array<Counter, kCleaned.size()> cleaned;
  Histogram hashes;     ///< What password hashes took.
  Histogram queue;      ///< How long requests for a hash have waited for a worker.
  Counter round_trips;  ///< To the database, each with one statement or several.
};

/// From now on tally() is `shared`, which must outlive every use. Before the first call it is memory of the
/// process.
void set_tally(Tally& shared);
Tally& tally();

/// Counts an event of the log. Does nothing for one that is not counted.
void count_event(std::string_view event);

}  // namespace base
