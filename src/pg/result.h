// The rows that a statement returned, in binary format.
#pragma once

#include <libpq-fe.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace pg {

/// Owns one PGresult; it can be moved, not copied. The accessors throw logic_error for a row or column that
/// does not exist, for NULL and for a value of another type: these are mistakes in this program.
class Result {
 public:
  explicit Result(PGresult* result) : result_(result) {}

  int rows() const { return ::PQntuples(result_.get()); }
  /// The number of rows that an INSERT, UPDATE or DELETE changed.
  std::int64_t affected() const;
  bool is_null(int row, int column) const { return ::PQgetisnull(result_.get(), row, column) == 1; }

  std::int64_t integer(int row, int column) const;  ///< bigint or integer
  bool boolean(int row, int column) const;
  std::string text(int row, int column) const;  ///< text in UTF-8
  base::Time time(int row, int column) const;   ///< timestamptz; `infinity` is the latest time
  std::array<std::byte, 32> digest(int row, int column) const;  ///< bytea of 32 bytes

 private:
  struct Clear {
    void operator()(PGresult* result) const { ::PQclear(result); }
  };
  std::string_view field(int row, int column) const;

  std::unique_ptr<PGresult, Clear> result_;
};

}  // namespace pg
