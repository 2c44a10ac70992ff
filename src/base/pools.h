// The pools of workers: one table of what each is called, how many workers it has, and what they may do. A
// route names its pool; the listening socket on which a request arrives decides which pool serves it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/config.h"
#include "base/enum_table.h"

namespace base {

enum class Pool { check, write, password };

struct PoolRow {
  Pool id;
  std::string_view name;  ///< Also of its socket, NAME.sock, and of nginx's upstream, sessiond_NAME.
  std::int64_t Settings::*workers;  ///< The setting of its size; never 0 after load.
  std::int64_t workers_per_core;    ///< The default of that setting,
  std::int64_t fewest_workers;      ///< which is at least this many.
  int niceness;                     ///< As for setpriority(2).
  bool cleans_up;                   ///< Whether its workers take part in the cleanup of the database.
  int accepts_a_turn;               ///< The most new connections that one worker answers together.
};

/// check: reads only; what several requests ask is looked up together, so a worker takes several at once.
/// write: waits for commits, so that each request is left to an idle worker. password: computes hashes, at
/// the lowest priority, so that a flood of logins takes no processor from the checks.
inline constexpr std::array kPools{
    PoolRow{.id = Pool::check,
            .name = "check",
            .workers = &Settings::check_workers,
            .workers_per_core = 1,
            .fewest_workers = 2,
            .niceness = 0,
            .cleans_up = false,
            .accepts_a_turn = 8},
    PoolRow{.id = Pool::write,
            .name = "write",
            .workers = &Settings::write_workers,
            .workers_per_core = 2,
            .fewest_workers = 1,
            .niceness = 0,
            .cleans_up = true,
            .accepts_a_turn = 1},
    PoolRow{.id = Pool::password,
            .name = "password",
            .workers = &Settings::password_workers,
            .workers_per_core = 1,
            .fewest_workers = 1,
            .niceness = 19,
            .cleans_up = false,
            .accepts_a_turn = 1},
};
static_assert(is_enum_table(kPools, Pool::password));

constexpr const PoolRow& pool_row(Pool pool) {
  return row_of(kPools, pool);
}

/// One value for each pool, indexed by it.
template <class T>
using PerPool = std::array<T, kPools.size()>;

}  // namespace base
