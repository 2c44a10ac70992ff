// What the world does to a request: the database is gone, memory is short, a library fails. Such things are
// thrown by the rooms below and caught here, once.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "base/config.h"
#include "base/problem.h"

namespace auth {

/// Why something could not be done, by no fault of the client.
struct Failure {
  base::ProblemId problem;  ///< What the client is told.
  std::string sqlstate;     ///< Empty when PostgreSQL said nothing.
  std::string reason;       ///< For the log only: it may name hosts and columns.
};

/// What was thrown, as a value.
Failure make_failure(const std::exception& thrown);

/// Runs `work`; what it throws, or nothing when it succeeds.
template <class Work>
std::optional<Failure> catch_failure(Work work) {
  try {
    work();
    return std::nullopt;
  } catch (const std::exception& thrown) {
    return make_failure(thrown);
  }
}

/// Writes the event of work that no request waits for, and that is tried again later.
void log_failure(base::LogLevel level, std::string_view event, const Failure& failure);

}  // namespace auth
