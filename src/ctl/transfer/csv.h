// Comma-separated values as RFC 4180 describes them: records of fields, which may be quoted. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ctl {

struct CsvRecord {
  std::size_t line = 0;  ///< Where it begins; a quoted field may go on over several lines.
  std::vector<std::string> fields;
};

/// Reads one record after the other. Empty lines are passed over; lines may end in CRLF or LF.
class CsvReader {
 public:
  /// The text must outlive the reader.
  explicit CsvReader(std::string_view text) : text_(text) {}

  /// Nothing at the end, or where a quote is out of place: then fault() says so.
  std::optional<CsvRecord> next();
  /// What is wrong, as a sentence, and the line on which the faulty field begins.
  const std::optional<std::string>& fault() const { return fault_; }
  std::size_t line() const { return line_; }

 private:
  bool take_end_of_line();
  std::optional<std::string> take_field();
  std::optional<std::string> take_quoted();
  std::optional<std::string> refuse(std::string_view reason);

  std::string_view text_;
  std::size_t line_ = 1;
  std::optional<std::string> fault_;
};

}  // namespace ctl
