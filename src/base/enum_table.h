// Tables that are indexed by an enum: one row for each enumerator, in the order of the enum. The compiler
// checks the order, so that finding a row needs no search and cannot fail.
#pragma once

#include <array>
#include <cstddef>

namespace base {

/// True when there is a row for each enumerator but the last one, which must be `count`, and the `id` of each
/// row is the enumerator whose value is the row's index. Meant for a static_assert beside each table.
template <class Row, std::size_t kSize>
consteval bool is_enum_table(const std::array<Row, kSize>& rows) {
  for (std::size_t i = 0; i < kSize; ++i)
    if (rows[i].id != static_cast<decltype(Row::id)>(i)) return false;
  return kSize == static_cast<std::size_t>(decltype(Row::id)::count);
}

/// The row of `id` in a table for which is_enum_table() holds.
template <class Row, std::size_t kSize>
constexpr const Row& row_of(const std::array<Row, kSize>& rows, decltype(Row::id) id) {
  return rows[static_cast<std::size_t>(id)];
}

/// The same for an `id` that another process has written, which may be any number; null when it has no row.
template <class Row, std::size_t kSize>
constexpr const Row* find_row(const std::array<Row, kSize>& rows, decltype(Row::id) id) {
  const auto index = static_cast<std::size_t>(id);
  return index < kSize ? &rows[index] : nullptr;
}

}  // namespace base
