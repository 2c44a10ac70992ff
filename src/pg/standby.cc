#include "pg/standby.h"

#include <algorithm>

#include "base/text.h"
#include "base/utf8.h"

namespace pg {
namespace {

constexpr std::string_view kSpaces = " \t\n\r\f\v";
constexpr std::string_view kEndOfName = " \t\n\r\f\v(),\"";

/// Reads the words of synchronous_standby_names (PostgreSQL manual, 20.6.2): names, which may stand in double
/// quotes, numbers, and the marks `(`, `)` and `,`.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {}

  /// True when `mark` comes next, which is taken.
  bool take(char mark) {
    skip_spaces();
    if (!rest_.starts_with(mark)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  /// The next name or number; empty when there is none.
  std::string take_word() {
    if (take('"')) return take_quoted();
    const auto word = rest_.substr(0, rest_.find_first_of(kEndOfName));
    rest_.remove_prefix(word.size());
    return std::string(word);
  }
  bool at_end() {
    skip_spaces();
    return rest_.empty();
  }

 private:
  void skip_spaces() { rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpaces), rest_.size())); }
  std::string take_quoted() {
    std::string word;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"' && !rest_.starts_with('"')) return word;
      if (c == '"') rest_.remove_prefix(1);
      word += c;
    }
    return {};
  }

  std::string_view rest_;
};

/// True when a list of names follows, up to its end.
bool take_names(Words& words, std::vector<std::string>& names) {
  do {
    names.push_back(words.take_word());
    if (names.back().empty()) return false;
  } while (words.take(','));
  return true;
}

/// `word` is the first, which may be FIRST or ANY, the number, or a name.
StandbyNames parse_numbered(Words& words, std::string word) {
  StandbyNames found;
  found.any = base::equals_ignoring_case(word, "any");
  if (found.any || base::equals_ignoring_case(word, "first")) word = words.take_word();
  const auto number = base::parse_number(word);
  if (!number || !words.take('(')) return found;
  found.awaited = *number;
  found.valid = take_names(words, found.names) && words.take(')') && words.at_end() && *number > 0;
  return found;
}

StandbyNames parse_plain(std::string_view text) {
  Words words(text);
  StandbyNames found;
  found.awaited = 1;
  found.valid = take_names(words, found.names) && words.at_end();
  return found;
}

constexpr std::string_view kRight =
    "; set synchronous_standby_names = 'FIRST N (...)' with the names of all N standbys, so that each commit "
    "waits for each of them";

}  // namespace

base::Settings make_standby_settings(const base::Settings& settings) {
  base::Settings standby = settings;
  standby.database_url = settings.check_database_url;
  standby.check_database_url.clear();
  return standby;
}

StandbyNames parse_standby_names(std::string_view text) {
  if (text.find('(') == text.npos) return parse_plain(text);
  Words words(text);
  auto first = words.take_word();
  return parse_numbered(words, std::move(first));
}

std::string find_names_fault(std::string_view text, std::string_view name) {
  const std::string value = "synchronous_standby_names = '" + base::make_excerpt(text) + "' of the primary ";
  const auto found = parse_standby_names(text);
  if (text.find_first_not_of(kSpaces) == text.npos)
    return "synchronous_standby_names of the primary is empty, so no commit waits for a standby" +
           std::string(kRight);
  if (!found.valid) return value + "cannot be read" + std::string(kRight);
  if (std::ranges::find(found.names, "*") != found.names.end())
    return value + "has *, which any standby fits" + std::string(kRight);
  const auto is_it = [&](const auto& one) { return base::equals_ignoring_case(one, name); };
  if (std::ranges::none_of(found.names, is_it))
    return value + "does not name the standby " + base::make_excerpt(name) + std::string(kRight);
  if (found.awaited < static_cast<std::int64_t>(found.names.size()))
    return value + "has commits wait for " + std::to_string(found.awaited) + " of " +
           std::to_string(found.names.size()) + " standbys" + std::string(kRight);
  return {};
}

}  // namespace pg
