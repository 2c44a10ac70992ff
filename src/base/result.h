// A value or the Problem that took its place: the lane for everything that a client can cause.
// What the world causes (database gone, no memory) is an exception and never comes here.
#pragma once

#include <utility>
#include <variant>

#include "base/problem.h"

namespace base {

/// Holds a T or a Problem. Reading the one that is not there is a bug and throws bad_variant_access.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Problem problem) : held_(std::in_place_index<1>, std::move(problem)) {}
  Result(ProblemId id) : Result(Problem(id)) {}

  bool ok() const { return held_.index() == 0; }
  explicit operator bool() const { return ok(); }
  T& value() { return std::get<0>(held_); }
  const T& value() const { return std::get<0>(held_); }
  T* operator->() { return &value(); }
  T& operator*() { return value(); }
  Problem& problem() { return std::get<1>(held_); }
  const Problem& problem() const { return std::get<1>(held_); }

 private:
  std::variant<T, Problem> held_;
};

}  // namespace base
