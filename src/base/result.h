// A value, or the Problem because of which there is none: what functions return that a client can make fail.
// Failures of the machine and the database (connection lost, no memory) are thrown as exceptions instead.
#pragma once

#include <utility>
#include <variant>

#include "base/problem.h"

namespace base {

/// Holds a T or a Problem. Check ok() first: value() throws bad_variant_access on a Problem, and so does
/// problem() on a value.
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
