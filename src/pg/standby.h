// The standbys that the lookups of checks are read from: which settings lead to them, and for how long what
// was found out about them counts. docs/scale.md, "Checks from a standby", has the reasons.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"

namespace pg {

/// How long after a standby was verified it may be read from, in milliseconds.
inline constexpr std::int64_t kStandbyLease = 2000;
/// How far a standby that is verified may be behind what the primary has on its disk, in milliseconds.
inline constexpr std::int64_t kMostStandbyLag = 2000;

/// True when the lookups of checks are to be read from a standby.
inline bool reads_standby(const base::Settings& settings) {
  return !settings.check_database_url.empty();
}

/// The settings with CHECK_DATABASE_URL in place of DATABASE_URL, for connections to the standby.
base::Settings make_standby_settings(const base::Settings& settings);

/// The value of synchronous_standby_names.
struct StandbyNames {
  bool valid = false;        ///< It could be read, and is not empty.
  bool any = false;          ///< ANY: whichever of them are quickest.
  std::int64_t awaited = 0;  ///< For how many of them each commit waits.
  std::vector<std::string> names;
};
StandbyNames parse_standby_names(std::string_view text);

/// Why commits would not always wait for the standby of this name, by the value of synchronous_standby_names:
/// a sentence that says what would be right; empty when all commits wait for it.
std::string find_names_fault(std::string_view text, std::string_view name);

}  // namespace pg
