// Failures that no client causes: the database is lost, memory is short, a library fails. The code below
// throws them as exceptions; here they are turned into answers and log lines.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "base/config.h"
#include "base/problem.h"

namespace auth {

/// Why something failed.
struct Failure {
  base::ProblemId problem;  ///< The error that the client gets.
  std::string sqlstate;     ///< Empty when PostgreSQL sent no error.
  std::string reason;       ///< For the log only: it may name hosts and columns.
};

/// The failure that an exception stands for.
Failure make_failure(const std::exception& thrown);

/// Runs `work`, and returns what it throws as a failure; nothing when it succeeds.
template <class Work>
std::optional<Failure> catch_failure(Work work) {
  try {
    work();
    return std::nullopt;
  } catch (const std::exception& thrown) {
    return make_failure(thrown);
  }
}

/// Logs the failure of work that no request waits for and that will be tried again.
void log_failure(base::LogLevel level, std::string_view event, const Failure& failure);

}  // namespace auth
