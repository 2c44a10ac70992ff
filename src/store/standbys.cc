#include "store/standbys.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "base/text.h"
#include "base/utf8.h"
#include "pg/standby.h"

namespace store {

using pg::Access;

// Whom else a role may see receive the log it may see by the name alone (PostgreSQL manual, 28.2.4).
const pg::Statement kAskPrimary{"standby_ask_primary", Access::read, R"sql(
    SELECT pg_is_in_recovery(),
           (SELECT system_identifier FROM pg_control_system()),
           (SELECT datid::bigint FROM pg_stat_get_activity(pg_backend_pid())),
           current_setting('synchronous_standby_names'),
           (SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'),
           (SELECT coalesce(string_agg(a.application_name, E'\n'), '')
            FROM pg_stat_get_wal_senders() w
            JOIN pg_stat_get_activity(NULL) a ON a.pid = w.pid),
           CASE WHEN pg_is_in_recovery() THEN 0
                ELSE pg_wal_lsn_diff(pg_current_wal_flush_lsn(), '0/0')::bigint END,
           CASE WHEN pg_is_in_recovery() THEN 0
                ELSE pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint END,
           clock_timestamp()
)sql"};

const pg::Statement kAskStandby{"standby_ask_standby", Access::read, R"sql(
    SELECT pg_is_in_recovery(),
           (SELECT system_identifier FROM pg_control_system()),
           (SELECT datid::bigint FROM pg_stat_get_activity(pg_backend_pid())),
           current_setting('cluster_name'),
           coalesce(pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint, 0),
           clock_timestamp()
)sql"};

namespace {

constexpr std::string_view kRemoteApply = "remote_apply";

/// The clock of the standby decides when an access token has expired.
constexpr std::chrono::seconds kMostDifference{2};

constexpr const char* kFindLaxCommits = R"sql(
    SELECT coalesce(min(format('ALTER%s%s RESET synchronous_commit;',
                    CASE WHEN setrole <> 0 THEN format(' ROLE %I', pg_get_userbyid(setrole))
                         WHEN setdatabase = 0 THEN ' ROLE ALL' END,
                    CASE WHEN setdatabase = 0 THEN ''
                         WHEN setrole = 0 THEN format(' DATABASE %I', current_database())
                         ELSE format(' IN DATABASE %I', current_database()) END)), '')
    FROM pg_db_role_setting, unnest(setconfig) AS s (setting)
    WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
      AND setting LIKE 'synchronous\_commit=%'
      AND setting <> 'synchronous_commit=remote_apply'
)sql";

PrimaryFacts read_primary(const pg::Result& row) {
  const std::string senders = row.text(0, 5);
  const auto names = base::split(senders, '\n');
  return {.is_standby = row.boolean(0, 0),
          .cluster = row.integer(0, 1),
          .database = row.integer(0, 2),
          .awaited = row.text(0, 3),
          .commits = row.text(0, 4),
          .senders = {names.begin(), names.end()},
          .flushed = row.integer(0, 6),
          .written = row.integer(0, 7),
          .clock = row.time(0, 8)};
}

StandbyFacts read_standby(const pg::Result& row) {
  return {.is_standby = row.boolean(0, 0),
          .cluster = row.integer(0, 1),
          .database = row.integer(0, 2),
          .name = row.text(0, 3),
          .replayed = row.integer(0, 4),
          .clock = row.time(0, 5)};
}

/// What is wrong where the two are.
std::string find_place_fault(const PrimaryFacts& primary, const StandbyFacts& standby) {
  if (!standby.is_standby)
    return "the server is a primary, as DATABASE_URL needs one: it was named by mistake, or promoted; name a "
           "standby of the server of DATABASE_URL, or leave CHECK_DATABASE_URL empty";
  if (primary.is_standby)
    return "the server of DATABASE_URL is a standby itself, so nobody can tell whom commits wait for; name "
           "the "
           "primary in DATABASE_URL";
  if (primary.cluster != standby.cluster)
    return "the server is a standby of another cluster than the server of DATABASE_URL; name a standby of "
           "that";
  if (primary.database != standby.database)
    return "it leads to another database than DATABASE_URL; name the same in both";
  if (standby.replayed > primary.written)
    return "the standby has changes that the server of DATABASE_URL has not: it follows another server; name "
           "a "
           "standby of the server of DATABASE_URL";
  return {};
}

/// What is wrong with the name by which commits wait for the standby.
std::string find_sender_fault(const PrimaryFacts& primary, const std::string& name) {
  if (name.empty())
    return "the standby has no cluster_name, by which it would be known among those that commits wait for; "
           "set "
           "cluster_name on it to its name in synchronous_standby_names of the primary, and restart it";
  if (auto fault = pg::find_names_fault(primary.awaited, name); !fault.empty()) return fault;
  const auto count = std::ranges::count_if(
      primary.senders, [&](const auto& sender) { return base::equals_ignoring_case(sender, name); });
  if (count == 1) return {};
  const std::string quoted = base::make_excerpt(name);
  if (count > 1)
    return std::to_string(count) + " standbys are connected to the primary by the name " + quoted +
           ", and commits wait for one of them; give each a cluster_name of its own";
  return "no standby is connected to the primary by the name " + quoted +
         ", the cluster_name of the standby; start the standby, and leave application_name out of its "
         "primary_conninfo";
}

std::string find_clock_fault(const PrimaryFacts& primary, const StandbyFacts& standby) {
  const auto ahead = std::chrono::duration_cast<std::chrono::seconds>(standby.clock - primary.clock);
  if (std::chrono::abs(ahead) < kMostDifference) return {};
  return "the clock of the standby is " + std::to_string(std::abs(ahead.count())) + " s " +
         (ahead.count() > 0 ? "ahead of" : "behind") +
         " that of the primary, and it decides when access tokens expire; have both set their clocks by NTP";
}

}  // namespace

PrimaryFacts ask_primary(pg::Connection& connection) {
  return read_primary(connection.execute(kAskPrimary, {}));
}

PrimaryFacts ask_primary(pg::Probe& probe) {
  return read_primary(probe.ask(kAskPrimary.sql()));
}

StandbyFacts ask_standby(pg::Connection& connection) {
  return read_standby(connection.execute(kAskStandby, {}));
}

StandbyFacts ask_standby(pg::Probe& probe) {
  return read_standby(probe.ask(kAskStandby.sql()));
}

std::string find_lax_commits(pg::Probe& primary) {
  const auto cure = primary.ask(kFindLaxCommits).text(0, 0);
  if (cure.empty()) return {};
  return "a role or a database of the primary has a synchronous_commit of its own, so what is ended there "
         "may live "
         "on at the standby; run: " +
         cure;
}

std::string find_standby_fault(const PrimaryFacts& primary, const StandbyFacts& standby) {
  if (auto fault = find_place_fault(primary, standby); !fault.empty()) return fault;
  if (auto fault = find_sender_fault(primary, standby.name); !fault.empty()) return fault;
  if (primary.commits != kRemoteApply)
    return "synchronous_commit of the primary is " + base::make_excerpt(primary.commits) +
           " by default, so what somebody ends in psql may live on at the standby; run: ALTER SYSTEM SET "
           "synchronous_commit = 'remote_apply'; SELECT pg_reload_conf();";
  return find_clock_fault(primary, standby);
}

}  // namespace store
