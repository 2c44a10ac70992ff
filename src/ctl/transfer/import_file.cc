#include "ctl/transfer/import_file.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"
#include "ctl/transfer/csv.h"
#include "http/json.h"

namespace ctl {
namespace {

constexpr std::array kFormats = {
    ImportFormat{"htpasswd", parse_htpasswd},
    ImportFormat{"csv", parse_csv},
    ImportFormat{"jsonl", parse_jsonl},
};

constexpr std::array<http::FieldSpec, 6> kMembers = {{
    {"username", true},
    {"password_hash", true},
    {"name", false},
    {"groups", false, http::FieldKind::texts},
    {"email", false},
    {"disabled", false, http::FieldKind::flag},
}};

/// Calls `take` with the number and the text of each line that is not empty.
template <class Take>
void for_each_line(std::string_view text, Take take) {
  text = base::without_byte_order_mark(text);
  for (std::size_t number = 1; !text.empty(); ++number) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) take(number, line);
  }
}

std::optional<std::string> copy(const std::optional<std::string_view>& text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

/// What a Problem of parse_fields() says of the line.
std::string describe(const base::Problem& problem) {
  if (problem.errors.empty())
    return R"(This is not one JSON object, such as {"username":"...","password_hash":"..."}.)";
  std::string text;
  for (const auto& error : problem.errors)
    text +=
        (text.empty() ? "" : " ") + (error.field.empty() ? "a member" : error.field) + ": " + error.detail;
  return text;
}

/// The place of each member of kMembers among the columns; nothing, and a fault, when the head line is wrong.
std::optional<std::vector<std::optional<std::size_t>>> find_columns(const CsvRecord& head, ImportFile& file) {
  std::vector<std::optional<std::size_t>> places(kMembers.size());
  const auto refuse = [&](std::string reason) {
    file.faults.push_back({head.line, std::move(reason)});
    return std::nullopt;
  };
  for (std::size_t i = 0; i < head.fields.size(); ++i) {
    const auto* member = std::find_if(kMembers.begin(), kMembers.end(),
                                      [&](const auto& row) { return row.name == head.fields[i]; });
    if (member == kMembers.end())
      return refuse(
          "Column " + std::to_string(i + 1) +
          " of the head line is not one of username, password_hash, name, groups, email and disabled.");
    auto& place = places[static_cast<std::size_t>(member - kMembers.begin())];
    if (place) return refuse("The head line names the column " + head.fields[i] + " twice.");
    place = i;
  }
  if (!places[0] || !places[1])
    return refuse("The head line must have the columns username and password_hash.");
  return places;
}

}  // namespace

ImportFile parse_htpasswd(std::string_view text) {
  ImportFile file;
  for_each_line(text, [&](std::size_t number, std::string_view line) {
    if (line.front() == '#') return;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
      file.faults.push_back({number, "There is no colon between a username and a hash."});
      return;
    }
    const auto rest = line.substr(colon + 1);
    file.users.push_back(
        {number, std::string(line.substr(0, colon)), std::string(rest.substr(0, rest.find(':')))});
  });
  return file;
}

ImportFile parse_csv(std::string_view text) {
  ImportFile file;
  CsvReader reader(base::without_byte_order_mark(text));
  const auto head = reader.next();
  const auto places = head ? find_columns(*head, file) : std::nullopt;
  if (!head) file.faults.push_back({1, reader.fault().value_or("The head line is missing.")});
  if (!places) return file;
  while (const auto record = reader.next()) {
    const auto& fields = record->fields;
    if (fields.size() != head->fields.size()) {
      file.faults.push_back({record->line, "There are " + std::to_string(fields.size()) +
                                               " fields, and the head line has " +
                                               std::to_string(head->fields.size()) + "."});
      continue;
    }
    const auto find = [&](std::size_t member) {
      return (*places)[member] ? std::optional(fields[*(*places)[member]]) : std::nullopt;
    };
    const auto find_filled = [&](std::size_t member) {
      auto field = find(member);
      return field && field->empty() ? std::nullopt : field;
    };
    file.users.push_back(
        {record->line, *find(0), *find(1), find_filled(2), find(3), find_filled(4), find_filled(5)});
  }
  if (reader.fault()) file.faults.push_back({reader.line(), *reader.fault()});
  return file;
}

ImportFile parse_jsonl(std::string_view text) {
  ImportFile file;
  for_each_line(text, [&](std::size_t number, std::string_view line) {
    const auto fields = http::parse_fields(line, kMembers);
    if (!fields) {
      file.faults.push_back({number, describe(fields.problem())});
      return;
    }
    const auto& user = fields.value();
    file.users.push_back({number, std::string(user.required("username")),
                          std::string(user.required("password_hash")), copy(user.optional("name")),
                          copy(user.optional("groups")), copy(user.optional("email")),
                          copy(user.optional("disabled"))});
  });
  return file;
}

const ImportFormat* find_import_format(std::string_view name) {
  const auto* found =
      std::find_if(kFormats.begin(), kFormats.end(), [name](const auto& row) { return row.name == name; });
  return found == kFormats.end() ? nullptr : found;
}

}  // namespace ctl
