// The database: whether it can be reached, is the right one, and lets the workers do what they must.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>

#include "auth/cleanup.h"
#include "auth/routes.h"
#include "base/clock.h"
#include "base/pools.h"
#include "base/text.h"
#include "ctl/check/inspection.h"
#include "pg/error.h"
#include "pg/tls.h"
#include "store/schema.h"

namespace ctl::checks {
namespace {

constexpr std::int64_t kDeadline = 20000;  // milliseconds
/// The oldest version with which the tests run.
constexpr std::int64_t kOldestTested = 150000;
constexpr std::int64_t kMostDifference = 5;  // seconds
/// Has the linker take the statements of the service, too, which no command uses: their rights are looked at.
[[gnu::used]] constexpr auto kRoutesOfService = &auth::routes;
[[gnu::used]] constexpr auto kCleanupOfService = &auth::clean_up_batch;
constexpr const char* kMigrate = "scripts/migrate";

/// The statements that this program plans for a reason, as one sentence.
std::string join_reasons(const std::vector<store::RefusedStatement>& refused, bool by_rights) {
  std::vector<std::string> reasons;
  for (const auto& statement : refused)
    if (statement.by_rights == by_rights) reasons.push_back(statement.reason);
  return base::join(reasons, "; ");
}

std::int64_t count_workers(const base::Settings& settings) {
  std::int64_t count = 0;
  for (const auto& pool : base::kPools) count += settings.*pool.workers;
  return count;
}

/// The least of the limits for the connections of the service, and what has it.
struct Limit {
  std::int64_t most;
  std::string source;
  std::string cure;
};

Limit find_limit(const store::DatabaseFacts& facts, std::int64_t needed) {
  Limit limit{
      facts.max_connections - facts.reserved,
      "max_connections=" + std::to_string(facts.max_connections) + " less " + std::to_string(facts.reserved) +
          " for superusers",
      "ALTER SYSTEM SET max_connections = " + std::to_string(needed + facts.reserved + facts.others + 10) +
          "; and a restart of PostgreSQL."};
  const auto limited = [](std::int64_t other) { return other >= 0; };
  if (limited(facts.role_limit) && facts.role_limit < limit.most)
    limit = {facts.role_limit, "the limit of the role " + facts.role,
             "ALTER ROLE " + facts.role + " CONNECTION LIMIT -1;"};
  if (limited(facts.database_limit) && facts.database_limit < limit.most)
    limit = {facts.database_limit, "the limit of the database " + facts.database,
             "ALTER DATABASE " + facts.database + " CONNECTION LIMIT -1;"};
  return limit;
}

std::string describe_need(const Inspection& inspection, std::int64_t needed, const Limit& limit) {
  return std::to_string(count_workers(inspection.settings())) + " workers x " +
         std::to_string(inspection.hosts()) + " hosts need " + std::to_string(needed) + " connections, and " +
         limit.source + " leaves " + std::to_string(limit.most);
}

/// How many seconds the clock of the database is ahead. Its time zone does not matter: what is stored and
/// compared are points in time.
std::int64_t measure_difference(pg::Probe& probe) {
  using std::chrono::system_clock;
  const auto before = system_clock::now();
  const auto there = store::find_time(probe);
  const auto here = before + (system_clock::now() - before) / 2;
  return std::chrono::duration_cast<std::chrono::seconds>(there - here).count();
}

void tell_state(Inspection& inspection, const store::SchemaState& state) {
  const std::string versions = "the tables are of version " + std::to_string(state.version) +
                               ", and this program is of version " + std::to_string(store::kSchemaVersion);
  if (state.version < store::kSchemaVersion)
    inspection.fail(versions, "the service is not ready", kMigrate);
  else if (state.version > store::kSchemaVersion)
    inspection.warn(versions, "the service works, and sessionctl does not", "install the newer program");
  else if (!state.misfit.empty())
    inspection.fail(state.misfit, "the service is not ready", kMigrate);
}

/// What can be wrong with the server, or with the way there.
struct Trap {
  bool (*is_there)(const Inspection& inspection);
  base::Severity severity;
  std::string (*tell)(const Inspection& inspection);
  std::string_view meaning;
  std::string_view cure;
};

/// The first that is there is told.
constexpr std::array kWaysToTheServer{
    Trap{[](const Inspection& i) { return !i.probe->is_protected() && pg::wants_tls(i.settings()); },
         base::Severity::error,
         [](const Inspection&) {
           return std::string("the connection has no TLS, although the settings name certificates");
         },
         "the service is not ready", "sslmode=verify-full in DATABASE_URL, which tells the reason instead"},
    Trap{[](const Inspection& i) { return !i.probe->is_protected() && i.probe->leaves_machine(); },
         base::Severity::warning,
         [](const Inspection& i) { return "the connection to " + i.probe->host() + " has no TLS"; },
         "hashes of passwords and tokens can be read on the way",
         "sslmode=verify-full sslrootcert=FILE in DATABASE_URL"},
    Trap{
        [](const Inspection& i) {
          return i.probe->leaves_machine() && i.probe->encryption() != "GSSAPI" &&
                 !pg::verifies_server(i.settings());
        },
        base::Severity::warning,
        [](const Inspection& i) {
          return "nobody verifies that " + i.probe->host() + " is the right server";
        },
        "whoever is on the way can answer in its place",
        "sslmode=verify-full sslrootcert=FILE in DATABASE_URL, or channel_binding=require where the role has "
        "a password"},
};

constexpr std::array kServerTraps{
    Trap{[](const Inspection& i) { return i.facts.version < kOldestTested; }, base::Severity::warning,
         [](const Inspection& i) {
           return "PostgreSQL " + i.facts.version_text + " is older than what this program is tested with";
         },
         "something may not work", "upgrade it to PostgreSQL 15 or newer"},
    Trap{[](const Inspection& i) { return i.facts.is_read_only; }, base::Severity::error,
         [](const Inspection& i) {
           return "the database " + i.facts.database +
                  " takes no writes: it is a standby, or was made read-only";
         },
         "nobody can log in", "name the primary, or target_session_attrs=read-write in DATABASE_URL"},
    Trap{[](const Inspection& i) { return !i.facts.keeps_commits; }, base::Severity::warning,
         [](const Inspection&) { return std::string("fsync or synchronous_commit is off"); },
         "a logout or a changed password can be undone by a crash",
         "ALTER SYSTEM SET fsync = on; ALTER SYSTEM SET synchronous_commit = on; SELECT pg_reload_conf();"},
};

void note(Inspection& inspection, const Trap& trap) {
  inspection.note(trap.severity, trap.tell(inspection), std::string(trap.meaning), std::string(trap.cure));
}

}  // namespace

void look_at_certificates(Inspection& inspection) {
  for (const auto& fault : pg::find_tls_faults(inspection.settings()))
    inspection.warn(fault, "connections to the database fail, or go on without TLS", {});
}

void look_at_database(Inspection& inspection) {
  try {
    auto probe = std::make_unique<pg::Probe>(inspection.settings(), base::monotonic_ms() + kDeadline);
    inspection.facts = store::find_facts(*probe);
    inspection.probe = std::move(probe);
  } catch (const pg::Error& error) {
    inspection.fail(
        std::string(base::trim(error.what())), "logins and checks of sessions are 503",
        "start PostgreSQL (scripts/run starts a private one), or mend DATABASE_URL or the DB_* settings: "
        "sessiond -w says where they come from");
  }
}

void look_at_encryption(Inspection& inspection) {
  for (const auto& trap : kWaysToTheServer)
    if (trap.is_there(inspection)) return note(inspection, trap);
  if (auto risk = pg::find_impersonation_risk(inspection.settings()))
    inspection.warn(std::move(risk->what), std::string(risk->meaning), std::string(risk->cure));
}

void look_at_server(Inspection& inspection) {
  for (const auto& trap : kServerTraps)
    if (trap.is_there(inspection)) note(inspection, trap);
  const auto& role = inspection.facts.role;
  if (inspection.facts.has_power)
    inspection.warn("the role " + role + " may do more than use the tables",
                    "whoever takes over a worker has the whole server of the database",
                    "ALTER ROLE " + role + " NOSUPERUSER NOCREATEROLE NOREPLICATION;");
  else if (inspection.facts.may_make)
    inspection.warn("the role " + role + " may make functions and tables in the database",
                    "whoever takes over a worker may change the tables, and run code as each role with more "
                    "rights that uses the database after that",
                    "let another role own the database and the tables: docs/operations.md, \"Two roles\"");
}

void look_at_schema(Inspection& inspection) {
  if (inspection.facts.encoding != "UTF8")
    return inspection.fail("the encoding of the database is " + inspection.facts.encoding,
                           "not every name can be kept",
                           "move the tables to a database with the encoding UTF8");
  try {
    tell_state(inspection, store::find_schema_state(*inspection.probe));
  } catch (const pg::Error& error) {
    if (error.sqlstate().empty()) throw;
    inspection.fail("the database " + inspection.facts.database +
                        " has no tables of the service for the role " + inspection.facts.role + ": " +
                        error.what(),
                    "the service is not ready", kMigrate);
  }
}

void look_at_rights(Inspection& inspection) {
  const auto refused = store::find_refused(*inspection.probe);
  if (const auto reasons = join_reasons(refused, true); !reasons.empty())
    inspection.fail("the role " + inspection.facts.role + " lacks rights: " + reasons,
                    "some requests are 500", kMigrate);
  if (const auto reasons = join_reasons(refused, false); !reasons.empty())
    inspection.fail("the tables do not fit the statements: " + reasons,
                    "the workers cannot use this database", kMigrate);
}

void look_at_clock(Inspection& inspection) {
  const auto seconds = measure_difference(*inspection.probe);
  if (std::abs(seconds) <= kMostDifference) return;
  inspection.warn(
      "the clock of the database is " + std::to_string(std::abs(seconds)) + " s " +
          (seconds > 0 ? "ahead of" : "behind") + " that of this host",
      "sessions end by the clock of the database; logs and times that people see do not agree with it",
      "have both hosts set their clocks by NTP: timedatectl set-ntp true");
}

void look_at_connections(Inspection& inspection) {
  constexpr const char* kMeaning = "workers without a connection answer 503";
  const auto& facts = inspection.facts;
  const auto needed = count_workers(inspection.settings()) * inspection.hosts();
  const auto limit = find_limit(facts, needed);
  const auto what = describe_need(inspection, needed, limit);
  const auto cure = limit.cure + " Or set CHECK_WORKERS, WRITE_WORKERS and PASSWORD_WORKERS to less.";
  if (needed > limit.most)
    inspection.fail(what, kMeaning, cure);
  else if (needed + facts.others > facts.max_connections - facts.reserved)
    inspection.warn(what + "; other roles have " + std::to_string(facts.others), kMeaning, cure);
}

}  // namespace ctl::checks
