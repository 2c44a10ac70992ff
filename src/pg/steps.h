// Statements that run one after the other in one round trip.
#pragma once

#include <cstddef>
#include <deque>

#include "pg/params.h"
#include "pg/statement.h"

namespace pg {

struct Step {
  explicit Step(const Statement& what) : statement(what) {}

  const Statement& statement;
  Params params;
};

/// Collects them; Transaction::commit() runs them.
class Steps {
 public:
  /// Adds a statement, and returns its parameters for the caller to fill in. What they do not copy must live
  /// until the steps have run.
  Params& add(const Statement& statement) { return steps_.emplace_back(statement).params; }

  /// The position of the next one, and so of its result.
  std::size_t size() const { return steps_.size(); }
  auto begin() const { return steps_.begin(); }
  auto end() const { return steps_.end(); }

 private:
  std::deque<Step> steps_;  ///< Which stay where they are.
};

}  // namespace pg
