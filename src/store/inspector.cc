#include "store/inspector.h"

#include <algorithm>

#include "pg/error.h"
#include "pg/statement.h"

namespace store {
namespace {

// Not pg::Statements: the service would prepare them on each connection. The catalogs are there for every
// role.
constexpr const char* kFindFacts = R"sql(
    SELECT current_setting('server_version_num')::bigint,
           current_setting('server_version'),
           current_database()::text,
           current_user::text,
           current_setting('server_encoding'),
           r.rolsuper OR r.rolcreaterole OR r.rolreplication,
           has_database_privilege(d.oid, 'CREATE') OR coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
           pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean,
           current_setting('fsync')::boolean AND current_setting('synchronous_commit') <> 'off',
           current_setting('max_connections')::bigint,
           current_setting('superuser_reserved_connections')::bigint
               + coalesce(current_setting('reserved_connections', true), '0')::bigint,
           r.rolconnlimit::bigint,
           d.datconnlimit::bigint,
           (SELECT count(*) FROM pg_stat_activity
            WHERE backend_type = 'client backend' AND usename IS DISTINCT FROM current_user)
    FROM pg_roles r, pg_database d
    WHERE r.rolname = current_user AND d.datname = current_database()
)sql";

constexpr const char* kFindTime = "SELECT clock_timestamp()";

}  // namespace

DatabaseFacts find_facts(pg::Probe& probe) {
  const auto row = probe.ask(kFindFacts);
  return {.version = row.integer(0, 0),
          .version_text = row.text(0, 1),
          .database = row.text(0, 2),
          .role = row.text(0, 3),
          .encoding = row.text(0, 4),
          .has_power = row.boolean(0, 5),
          .may_make = row.boolean(0, 6),
          .is_read_only = row.boolean(0, 7),
          .keeps_commits = row.boolean(0, 8),
          .max_connections = row.integer(0, 9),
          .reserved = row.integer(0, 10),
          .role_limit = row.integer(0, 11),
          .database_limit = row.integer(0, 12),
          .others = row.integer(0, 13)};
}

base::Time find_time(pg::Probe& probe) {
  return probe.ask(kFindTime).time(0, 0);
}

std::vector<RefusedStatement> find_refused(pg::Probe& probe) {
  std::vector<RefusedStatement> refused;
  for (const auto* statement : pg::Statement::all()) {
    try {
      probe.explain(*statement);
    } catch (const pg::Error& error) {
      if (error.sqlstate().empty()) throw;
      if (std::ranges::find(refused, error.what(), &RefusedStatement::reason) == refused.end())
        refused.push_back({error.what(), error.sqlstate() == "42501"});
    }
  }
  return refused;
}

}  // namespace store
