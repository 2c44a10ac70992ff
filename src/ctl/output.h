// What commands print: rows or a record, as a table for people, as lines for programs of the shell, or as
// JSON.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"

namespace ctl {

/// One value. Nothing is `null` in JSON and `-` for people; a list of texts is an array in JSON, and has
/// commas elsewhere.
using Cell =
    std::variant<std::monostate, std::string, std::int64_t, bool, base::Time, std::vector<std::string>>;

/// A cell of what may be absent.
template <class T>
Cell make_cell(const std::optional<T>& value) {
  return value ? Cell(*value) : Cell();
}

enum class Form {
  table,  ///< A head and aligned columns, for a terminal.
  lines,  ///< One row a line, columns separated by tabs, no head, for a pipe.
  json,
  ids,  ///< The first column only, one row a line.
};

struct Column {
  // A list of columns has most of them by their names alone.
  Column(const char* column) : name(column) {}  // NOLINT(google-explicit-constructor)
  Column(const char* column, std::vector<std::string_view> all) : name(column), texts(std::move(all)) {}

  std::string_view name;
  std::vector<std::string_view> texts;  ///< All that may stand in it; empty where that is no short list.
};

/// Keeps only rows whose column `field` has the text `value`.
struct Filter {
  std::string_view field;
  std::string_view value;
};

/// The text of a cell for people, without control characters and line breaks, whatever a client or a file has
/// put into the database.
std::string make_text(const Cell& cell);

/// Rows of the same columns.
class Rows {
 public:
  explicit Rows(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  std::size_t size() const { return rows_.size(); }
  /// Removes what the filters exclude. Throws WrongUsage for one whose field is no column, or whose value no
  /// row can have there.
  void filter(const std::vector<Filter>& filters);
  std::string print(Form form) const;

  const std::vector<Column>& columns() const { return columns_; }
  const std::vector<std::vector<Cell>>& rows() const { return rows_; }

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

/// One thing with its fields, and lists that belong to it.
class Record {
 public:
  Record& add(std::string_view name, Cell value);
  Record& add(std::string_view name, Rows rows);
  std::string print(Form form) const;

 private:
  std::vector<std::pair<std::string_view, Cell>> fields_;
  std::vector<std::pair<std::string_view, Rows>> lists_;
};

}  // namespace ctl
