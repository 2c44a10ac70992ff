#include "auth/standby.h"

#include <poll.h>
#include <unistd.h>

#include "auth/failures.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "pg/conninfo.h"
#include "pg/error.h"
#include "pg/standby.h"

namespace auth {
namespace {

// In milliseconds. A standby that is silent must leave a check enough time for the primary.
constexpr std::int64_t kStandbyLimit = 1000;
constexpr std::int64_t kPrimaryLimit = 3000;
constexpr std::int64_t kInspectionLimit = 3000;
constexpr std::int64_t kLagInterval = 100;

constexpr std::string_view kTooFarBehind =
    "it is behind the primary: it has paused its replay (SELECT pg_wal_replay_resume() there goes on), is "
    "too "
    "slow, or follows another server";

/// The words of the server, as a part of a sentence.
std::string make_reason(const pg::Error& error) {
  return std::string(base::trim(error.what()));
}

}  // namespace

Standby::Standby(const base::Settings& settings, pg::Connection& primary)
    : settings_(pg::make_standby_settings(settings)),
      primary_(primary),
      connection_(settings_, pg::Connection::Servers::standbys),
      sessions_(connection_, settings_) {
  connection_.begin_with(static_cast<std::size_t>(::getpid()));  // so that the workers use all of them
}

bool Standby::may_be_read() const {
  return connection_.connected() && connection_.generation() == generation_ && connection_.is_standby() &&
         primary_.connected() && !primary_.is_outmoded() && primary_.generation() == primary_generation_ &&
         base::monotonic_ms() < lease_ends_;
}

/// Each attempt to connect is told of once, and none is made without the primary, by which it is verified.
bool Standby::is_due() const {
  return primary_.connected() &&
         (connection_.connected() || base::monotonic_ms() >= connection_.next_attempt());
}

bool Standby::look() {
  if (!primary_.connected())
    tell("the primary does not answer, so the standby cannot be verified");
  else if (is_due())
    tell(verify());
  return may_be_read();
}

/// The standby is asked first: what it has replayed by then the primary has written before.
std::string Standby::verify() {
  const std::int64_t begun = base::monotonic_ms();
  try {
    connection_.set_deadline(begun + kStandbyLimit);
    const auto standby = store::ask_standby(connection_);
    primary_.set_deadline(base::monotonic_ms() + kPrimaryLimit);
    return judge(store::ask_primary(primary_), standby, begun);
  } catch (const pg::Error& error) {
    lease_ends_ = 0;
    return make_reason(error);
  }
}

std::string Standby::judge(const store::PrimaryFacts& primary, const store::StandbyFacts& standby,
                           std::int64_t begun) {
  const bool others = primary_.generation() != primary_generation_ || connection_.generation() != generation_;
  if (others) mark_ = marked_at_ = current_at_ = 0;
  generation_ = connection_.generation();
  primary_generation_ = primary_.generation();
  note_lag(primary, standby, begun);
  auto fault = store::find_standby_fault(primary, standby);
  if (fault.empty() && connection_.lacks_tls())
    fault =
        "CHECK_DATABASE_URL names certificates, but libpq has connected without TLS; set "
        "sslmode=verify-full, "
        "which tells the reason instead";
  if (fault.empty() && (current_at_ == 0 || begun - current_at_ > pg::kMostStandbyLag))
    fault = std::string("the standby: ").append(kTooFarBehind);
  lease_ends_ = fault.empty() ? begun + pg::kStandbyLease : 0;
  return fault;
}

/// Notes when the standby had all that the primary has on its disk: now, or at the mark that it has reached.
void Standby::note_lag(const store::PrimaryFacts& primary, const store::StandbyFacts& standby,
                       std::int64_t begun) {
  if (standby.replayed >= primary.flushed)
    current_at_ = begun;
  else if (marked_at_ != 0 && standby.replayed >= mark_)
    current_at_ = marked_at_;
  else if (marked_at_ != 0)
    return;
  mark_ = primary.flushed;
  marked_at_ = begun;
}

void Standby::tell(std::string fault) {
  if (told_ == fault) return;
  const std::int64_t pid = ::getpid();
  if (fault.empty())
    base::log_event(base::LogLevel::info, "standby_used", {{"pid", pid}, {"host", connection_.host()}});
  else
    base::log_event(
        base::LogLevel::warning, "standby_unused",
        {{"pid", pid}, {"reason", fault}, {"advice", "until that is mended, checks ask the primary"}});
  told_ = std::move(fault);
}

/// Looks again when it has the answer: the lease may have ended meanwhile, or the standby have been promoted.
std::optional<store::FoundSessions> Standby::find(Lookup lookup, std::span<const crypto::Digest> hashes) {
  if (!may_be_read()) return std::nullopt;
  connection_.set_deadline(base::monotonic_ms() + kStandbyLimit);
  std::optional<store::FoundSessions> found;
  const auto failure = catch_failure([&] { found = (sessions_.*lookup)(hashes); });
  if (failure) log_failure(base::LogLevel::debug, "standby_failed", *failure);
  return may_be_read() ? std::move(found) : std::nullopt;
}

namespace {

/// Whether the standby gets as far within the time that a verified one may be behind.
bool catches_up(pg::Probe& standby, store::LogPlace place) {
  const std::int64_t ends_at = base::monotonic_ms() + pg::kMostStandbyLag;
  while (store::ask_standby(standby).replayed < place) {
    if (base::monotonic_ms() > ends_at) return false;
    ::poll(nullptr, 0, static_cast<int>(kLagInterval));
  }
  return true;
}

std::string find_fault(pg::Probe& standby, pg::Probe& primary) {
  const auto facts = store::ask_standby(standby);
  auto fault = store::find_standby_fault(store::ask_primary(primary), facts);
  return fault.empty() ? store::find_lax_commits(primary) : fault;
}

std::string find_lag(pg::Probe& standby, pg::Probe& primary) {
  return catches_up(standby, store::ask_primary(primary).flushed) ? "" : std::string(kTooFarBehind);
}

using Look = std::string (*)(pg::Probe& standby, pg::Probe& primary);

/// What the look finds of each standby, as faults.
StandbyFindings look_at_each(const base::Settings& settings, Look look) {
  StandbyFindings found;
  if (!pg::reads_standby(settings)) return found;
  const auto standby_settings = pg::make_standby_settings(settings);
  const auto count = pg::find_hosts(standby_settings).size();
  for (std::size_t place = 0; place < count; ++place) {
    const auto deadline = base::monotonic_ms() + kInspectionLimit;
    try {
      pg::Probe standby(standby_settings, place, deadline);
      pg::Probe primary(settings, deadline);
      const auto fault = look(standby, primary);
      if (!fault.empty()) found.faults.push_back("the standby " + standby.host() + ": " + fault);
    } catch (const pg::Error& error) {
      found.unanswered.push_back(make_reason(error));
    }
  }
  return found;
}

}  // namespace

StandbyFindings inspect_standbys(const base::Settings& settings) {
  return look_at_each(settings, find_fault);
}

std::vector<std::string> find_late_standbys(const base::Settings& settings) {
  return look_at_each(settings, find_lag).faults;
}

}  // namespace auth
