#include "ctl/transfer/csv.h"

#include <algorithm>

namespace ctl {

std::optional<CsvRecord> CsvReader::next() {
  while (take_end_of_line()) {
  }
  if (text_.empty()) return std::nullopt;
  CsvRecord record{line_, {}};
  for (;;) {
    auto field = take_field();
    if (!field) return std::nullopt;
    record.fields.push_back(std::move(*field));
    if (text_.empty() || take_end_of_line()) return record;
    text_.remove_prefix(1);  // a comma
  }
}

bool CsvReader::take_end_of_line() {
  const std::size_t size = text_.starts_with("\r\n") ? 2 : text_.starts_with('\n') ? 1 : 0;
  text_.remove_prefix(size);
  line_ += size > 0 ? 1 : 0;
  return size > 0;
}

std::optional<std::string> CsvReader::take_field() {
  if (text_.starts_with('"')) return take_quoted();
  auto field = text_.substr(0, text_.find_first_of(",\n\""));
  if (text_.substr(field.size()).starts_with('"'))
    return refuse("A quote stands within a field that does not begin with one.");
  const bool at_end = field.size() == text_.size() || text_[field.size()] == '\n';
  if (at_end && field.ends_with('\r')) field.remove_suffix(1);
  text_.remove_prefix(field.size());
  if (text_ == "\r") text_.remove_prefix(1);
  return std::string(field);
}

std::optional<std::string> CsvReader::take_quoted() {
  std::string field;
  auto rest = text_.substr(1);
  for (;;) {
    const auto quote = rest.find('"');
    if (quote == std::string_view::npos) return refuse("A quoted field does not end.");
    field += rest.substr(0, quote);
    rest.remove_prefix(quote + 1);
    if (!rest.starts_with('"')) break;
    field += '"';
    rest.remove_prefix(1);
  }
  if (!rest.empty() && rest != "\r" && !rest.starts_with(',') && !rest.starts_with('\n') &&
      !rest.starts_with("\r\n"))
    return refuse("Something follows a quoted field before the comma or the end of the line.");
  line_ += static_cast<std::size_t>(std::count(field.begin(), field.end(), '\n'));
  text_ = rest == "\r" ? std::string_view() : rest;
  return field;
}

std::optional<std::string> CsvReader::refuse(std::string_view reason) {
  fault_ = reason;
  return std::nullopt;
}

}  // namespace ctl
