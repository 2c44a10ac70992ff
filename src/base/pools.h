// The pools of workers: one table of their names, their sizes, and how their workers behave. The table of
// routes names a pool for each route, and nginx sends a request to the socket of that pool.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/config.h"
#include "base/enum_table.h"

namespace base {

enum class Pool { check, write, password, count };

struct PoolRow {
  Pool id;
  std::string_view name;            ///< Its socket is NAME.sock, its upstream in nginx sessiond_NAME.
  std::int64_t Settings::*workers;  ///< The setting for its size; never 0 after loading.
  double workers_per_core;          ///< The default size, times the number of processors, rounded up.
  std::int64_t fewest_workers;      ///< The least that the default size may be.
  int niceness;                     ///< The value for setpriority(2).
  bool cleans_up;                   ///< Whether one of its workers cleans up the database.
  int accepts_a_turn;               ///< The most connections a worker accepts in one turn of its loop.
  bool hashes;  ///< Whether its requests compute password hashes, for which a core is needed.
};

/// - check: serves requests that only look something up. A worker takes many at once, because it looks their
///   sessions up together: fewer workers have larger batches, for which PostgreSQL needs less time.
/// - write: serves requests that wait for commits. A worker accepts one at a time and leaves the others to
///   idle workers.
/// - password: serves requests that compute password hashes. It runs at the lowest priority, so that many
///   logins do not slow the checks down. Its queue is bounded (server/hash_queue.h).
inline constexpr std::array kPools{
    PoolRow{.id = Pool::check,
            .name = "check",
            .workers = &Settings::check_workers,
            .workers_per_core = 0.5,
            .fewest_workers = 1,
            .niceness = 0,
            .cleans_up = false,
            .accepts_a_turn = 64,
            .hashes = false},
    PoolRow{.id = Pool::write,
            .name = "write",
            .workers = &Settings::write_workers,
            .workers_per_core = 2,
            .fewest_workers = 1,
            .niceness = 0,
            .cleans_up = true,
            .accepts_a_turn = 1,
            .hashes = false},
    PoolRow{.id = Pool::password,
            .name = "password",
            .workers = &Settings::password_workers,
            .workers_per_core = 1,
            .fewest_workers = 1,
            .niceness = 19,
            .cleans_up = false,
            .accepts_a_turn = 1,
            .hashes = true},
};
static_assert(is_enum_table(kPools));

constexpr const PoolRow& pool_row(Pool pool) {
  return row_of(kPools, pool);
}

/// One value for each pool, indexed by it.
template <class T>
using PerPool = std::array<T, kPools.size()>;

}  // namespace base
