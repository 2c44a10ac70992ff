#include "pg/variables.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace pg {
namespace {

/// How the names begin of those that count. Without one of the first, a connection would have less protection
/// than whoever set it asked for; the last two have no other place.
constexpr std::string_view kCounting[] = {
    "PGSSL", "PGREQUIRE", "PGCHANNELBINDING", "PGGSS", "PGKRBSRVNAME", "PGSERVICEFILE", "PGSYSCONFDIR",
};

bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

/// Whether the name has the form of libpq's: PG_COLOR and the like are of its programs. Some names of others
/// have it too, such as PGDATA.
bool is_of_libpq(std::string_view name) {
  return name.size() > 2 && name.starts_with("PG") && is_capital(name[2]) &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_capital(c) || c == '_'; });
}

bool counts(std::string_view name) {
  return std::any_of(std::begin(kCounting), std::end(kCounting),
                     [&](std::string_view start) { return name.starts_with(start); });
}

}  // namespace

std::vector<std::string> forget_variables() {
  std::vector<std::string> names;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const auto name = text.substr(0, text.find('='));
    if (is_of_libpq(name) && !counts(name)) names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  for (const auto& name : names) ::unsetenv(name.c_str());
  return names;
}

}  // namespace pg
