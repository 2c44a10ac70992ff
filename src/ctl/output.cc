#include "ctl/output.h"

#include <algorithm>
#include <limits>

#include "base/text.h"
#include "base/utf8.h"
#include "ctl/command.h"
#include "http/json.h"

namespace ctl {
namespace {

/// Writes a cell as a member of an object.
struct MemberWriter {
  http::JsonWriter& json;
  std::string_view name;

  void operator()(std::monostate) const { json.member_null(name); }
  void operator()(const std::string& text) const { json.member(name, text); }
  void operator()(std::int64_t number) const { json.member(name, number); }
  void operator()(bool value) const { json.member(name, value); }
  void operator()(base::Time time) const { json.member(name, base::make_rfc3339(time)); }
  void operator()(const std::vector<std::string>& texts) const {
    json.begin_array(name);
    for (const auto& text : texts) json.element(text);
    json.end_array();
  }
};

struct TextMaker {
  std::string operator()(std::monostate) const { return "-"; }
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(std::int64_t number) const { return std::to_string(number); }
  std::string operator()(bool value) const { return value ? "yes" : "no"; }
  std::string operator()(base::Time time) const { return base::make_rfc3339(time); }
  std::string operator()(const std::vector<std::string>& texts) const { return base::join(texts, ","); }
};

void write_rows(http::JsonWriter& json, const Rows& rows) {
  for (const auto& row : rows.rows()) {
    json.begin_object();
    for (std::size_t i = 0; i < row.size(); ++i)
      std::visit(MemberWriter{json, rows.columns()[i].name}, row[i]);
    json.end_object();
  }
}

/// How many columns of a terminal the text takes, roughly: a character may take two or none.
std::size_t width_of(std::string_view text) {
  return base::count_code_points(text).value_or(text.size());
}

using Lines = std::vector<std::vector<std::string>>;

/// The columns beside each other, each as wide as its widest text; a line has no spaces at its end.
std::string align(const Lines& lines) {
  std::vector<std::size_t> widths;
  for (const auto& line : lines)
    for (std::size_t i = 0; i < line.size(); ++i) {
      widths.resize(std::max(widths.size(), i + 1));
      widths[i] = std::max(widths[i], width_of(line[i]));
    }
  std::string text;
  for (const auto& line : lines) {
    std::string aligned;
    for (std::size_t i = 0; i < line.size(); ++i)
      aligned.append(line[i]).append(widths[i] + 2 - width_of(line[i]), ' ');
    aligned.erase(aligned.find_last_not_of(' ') + 1);
    text.append(aligned) += '\n';
  }
  return text;
}

std::vector<std::string> names_of(const std::vector<Column>& columns) {
  std::vector<std::string> names;
  names.reserve(columns.size());
  for (const auto& column : columns) names.emplace_back(column.name);
  return names;
}

/// A mistyped value would find nothing, and look like good news.
void require_possible(const Column& column, std::string_view value) {
  if (column.texts.empty() || std::ranges::count(column.texts, value) > 0) return;
  const std::vector<std::string> texts(column.texts.begin(), column.texts.end());
  throw WrongUsage("--where: " + std::string(column.name) + " is one of: " + base::join(texts, ", ") +
                   "; not " + quote(value));
}

Lines make_lines(const Rows& rows, bool with_head) {
  Lines lines;
  if (with_head) lines.push_back(names_of(rows.columns()));
  for (const auto& row : rows.rows()) {
    lines.emplace_back();
    for (const auto& cell : row) lines.back().push_back(make_text(cell));
  }
  return lines;
}

std::string separate(const Lines& lines, std::size_t most_columns) {
  std::string text;
  for (auto line : lines) {
    line.resize(std::min(line.size(), most_columns));
    for (std::size_t i = 0; i < line.size(); ++i) text.append(i == 0 ? "" : "\t").append(line[i]);
    text += '\n';
  }
  return text;
}

}  // namespace

std::string make_text(const Cell& cell) {
  return base::without_control_characters(std::visit(TextMaker(), cell));
}

void Rows::filter(const std::vector<Filter>& filters) {
  for (const auto& filter : filters) {
    const auto column = std::ranges::find(columns_, filter.field, &Column::name);
    if (column == columns_.end())
      throw WrongUsage("--where: there is no field " + quote(filter.field) + " here, but " +
                       base::join(names_of(columns_), ", "));
    require_possible(*column, filter.value);
    const auto place = static_cast<std::size_t>(column - columns_.begin());
    std::erase_if(rows_, [&](const auto& row) { return make_text(row[place]) != filter.value; });
  }
}

std::string Rows::print(Form form) const {
  if (form == Form::table) return align(make_lines(*this, true));
  if (form != Form::json) return separate(make_lines(*this, false), form == Form::ids ? 1 : columns_.size());
  http::JsonWriter json;
  json.begin_array();
  write_rows(json, *this);
  json.end_array();
  return json.take() += '\n';
}

Record& Record::add(std::string_view name, Cell value) {
  fields_.emplace_back(name, std::move(value));
  return *this;
}

Record& Record::add(std::string_view name, Rows rows) {
  lists_.emplace_back(name, std::move(rows));
  return *this;
}

std::string Record::print(Form form) const {
  if (form == Form::json) {
    http::JsonWriter json;
    json.begin_object();
    for (const auto& [name, value] : fields_) std::visit(MemberWriter{json, name}, value);
    for (const auto& [name, rows] : lists_) {
      json.begin_array(name);
      write_rows(json, rows);
      json.end_array();
    }
    json.end_object();
    return json.take() += '\n';
  }
  Lines lines;
  for (const auto& [name, value] : fields_) lines.push_back({std::string(name), make_text(value)});
  if (form != Form::table) {
    for (const auto& [name, rows] : lists_)
      for (auto line : make_lines(rows, false)) {
        line.insert(line.begin(), std::string(name));
        lines.push_back(std::move(line));
      }
    return separate(lines, std::numeric_limits<std::size_t>::max());
  }
  std::string text = align(lines);
  for (const auto& [name, rows] : lists_)
    if (rows.size() > 0) text.append("\n").append(name).append(":\n").append(rows.print(form));
  return text;
}

}  // namespace ctl
