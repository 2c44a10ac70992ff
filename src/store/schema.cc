#include "store/schema.h"

namespace store {

using pg::Access;

// scripts/migrate asks for the same and says more about the cure. Where quote_all_identifiers is on, the
// definition of the index has more quotes. What the policies of row level security let through is not asked:
// the statements rely on all rows.
const pg::Statement kFindState{"schema_state", Access::read, R"sql(
    SELECT (SELECT coalesce(max(version), 0)::bigint FROM schema_versions),
           CASE
               WHEN current_setting('server_encoding') <> 'UTF8'
               THEN 'the encoding of the database is ' || current_setting('server_encoding')
                    || ', but names need UTF8: move the tables to a database with that encoding'
               WHEN NOT EXISTS (
                   SELECT FROM pg_index
                   WHERE indexrelid = to_regclass('users_username_key')
                     AND indisunique AND indisvalid
                     AND replace(pg_get_indexdef(indexrelid, 1, true), '"', '') = 'lower(username COLLATE C)'
               )
               THEN 'the unique index users_username_key is missing, so that usernames may be taken twice: '
                    'run scripts/migrate'
               WHEN (
                   SELECT count(*)
                   FROM unnest(ARRAY['users', 'sessions', 'attempts', 'devices', 'tickets', 'events']) AS t (name),
                        unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS r (kind)
                   WHERE NOT CASE r.kind WHEN 'DELETE' THEN has_table_privilege(t.name, r.kind)
                                         ELSE has_any_column_privilege(t.name, r.kind) END
               ) > 0
               THEN 'the role ' || current_user || ' lacks rights on the tables: run scripts/migrate, '
                    'which grants them'
               WHEN hidden.tables IS NOT NULL
               THEN 'row level security hides rows of ' || hidden.tables || ' from the role ' || current_user
                    || ', or may: disable it (ALTER TABLE ... DISABLE ROW LEVEL SECURITY), or give the role BYPASSRLS'
               ELSE ''
           END
    FROM (
        SELECT string_agg(name, ', ')
        FROM unnest(ARRAY['users', 'sessions', 'attempts', 'devices', 'tickets', 'events',
                          'schema_versions']) AS t (name)
        WHERE row_security_active(name)
    ) AS hidden (tables)
)sql"};

namespace {

constexpr const char* kFindVersion = "SELECT coalesce(max(version), 0)::bigint FROM schema_versions";

SchemaState read_state(const pg::Result& result) {
  return {.version = result.integer(0, 0), .misfit = result.text(0, 1)};
}

}  // namespace

// An older database may lack tables of which the statement above asks.
SchemaState find_schema_state(pg::Probe& probe) {
  const auto version = probe.ask(kFindVersion).integer(0, 0);
  return version < kSchemaVersion ? SchemaState{version, {}} : read_state(probe.ask(kFindState.sql()));
}

SchemaState Schema::find_state() {
  return read_state(connection_.execute(kFindState, pg::Params()));
}

}  // namespace store
