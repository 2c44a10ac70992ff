// The standby that a worker reads the lookups of checks from, and whether it may: what was verified of it
// counts for a moment only. docs/scale.md, "Checks from a standby", has the reasons.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/config.h"
#include "crypto/token.h"
#include "pg/connection.h"
#include "store/sessions.h"
#include "store/standbys.h"

namespace auth {

class Standby {
 public:
  /// Does not connect yet. Both must outlive the object; `primary` is the connection of the worker.
  Standby(const base::Settings& settings, pg::Connection& primary);

  /// Connects and verifies, as far as that is due. To be called twice a second; logs each change. True when
  /// the standby is read from.
  bool look();

  using Lookup = store::FoundSessions (store::Sessions::*)(std::span<const crypto::Digest>);
  /// What the lookup finds in the standby. Nothing when the standby may not be read, or fails: then the
  /// primary has to be asked.
  std::optional<store::FoundSessions> find(Lookup lookup, std::span<const crypto::Digest> hashes);

 private:
  bool may_be_read() const;
  bool is_due() const;
  std::string verify();
  std::string judge(const store::PrimaryFacts& primary, const store::StandbyFacts& standby,
                    std::int64_t begun);
  void note_lag(const store::PrimaryFacts& primary, const store::StandbyFacts& standby, std::int64_t begun);
  void tell(std::string fault);

  const base::Settings settings_;
  pg::Connection& primary_;
  pg::Connection connection_;
  store::Sessions sessions_;
  std::int64_t lease_ends_ = 0;          ///< Of what was verified; in milliseconds of base::monotonic_ms().
  std::int64_t generation_ = 0;          ///< Of the connection that was verified.
  std::int64_t primary_generation_ = 0;  ///< Of the connection by which it was.
  store::LogPlace mark_ = 0;             ///< What the primary had on its disk at marked_at_.
  std::int64_t marked_at_ = 0;
  std::int64_t current_at_ = 0;      ///< The standby has all that the primary had on its disk then.
  std::optional<std::string> told_;  ///< The fault that was logged last; empty for none.
};

/// What the servers of CHECK_DATABASE_URL, one after the other, have against them.
struct StandbyFindings {
  std::vector<std::string> faults;      ///< What is wrong with the settings, here or of a server.
  std::vector<std::string> unanswered;  ///< Who does not answer, with the reason.
};

/// Asks the primary and each standby by connections of its own; no findings when CHECK_DATABASE_URL is empty.
StandbyFindings inspect_standbys(const base::Settings& settings);

/// Who does not catch up with the primary in the time that a standby may be behind, for which it waits. Empty
/// also for those that do not answer, which inspect_standbys() tells.
std::vector<std::string> find_late_standbys(const base::Settings& settings);

}  // namespace auth
