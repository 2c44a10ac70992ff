#include "store/schema.h"

namespace store {

using pg::Access;

// scripts/migrate asks for the same and says more about the cure. Of the rights on columns, those count
// without which no new row is possible; with a number from a default in place of an identity, that on its
// sequence, too. Where quote_all_identifiers is on, the definition of the index has more quotes. What the
// policies of row level security let through is not asked: the statements rely on all rows.
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
               WHEN numberless.columns IS NOT NULL
               THEN 'new rows get no number in ' || numberless.columns || ': run scripts/migrate, which says what '
                    'to do'
               WHEN (
                   SELECT count(*)
                   FROM unnest(ARRAY['users', 'sessions', 'attempts', 'devices', 'tickets', 'events']) AS t (name),
                        unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS r (kind)
                   WHERE NOT CASE r.kind WHEN 'DELETE' THEN has_table_privilege(t.name, r.kind)
                                         ELSE has_any_column_privilege(t.name, r.kind) END
               ) > 0
               OR EXISTS (
                   SELECT
                   FROM unnest(ARRAY['users', 'sessions', 'attempts', 'devices', 'tickets', 'events']) AS t (name)
                   JOIN pg_attribute AS a ON a.attrelid = to_regclass(t.name) AND a.attnum > 0
                   WHERE a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AND NOT a.attisdropped
                     AND NOT has_column_privilege(a.attrelid, a.attnum, 'INSERT')
               )
               OR EXISTS (
                   SELECT
                   FROM unnest(ARRAY['users', 'sessions', 'tickets', 'events']) AS t (name)
                   JOIN pg_depend AS v ON v.refclassid = 'pg_class'::regclass AND v.refobjid = to_regclass(t.name)
                                      AND v.classid = 'pg_attrdef'::regclass
                   JOIN pg_depend AS d ON d.classid = v.classid AND d.objid = v.objid AND d.refclassid = v.refclassid
                   JOIN pg_class AS q ON q.oid = d.refobjid
                   WHERE CASE q.relkind WHEN 'S' THEN NOT has_sequence_privilege(q.oid, 'USAGE, UPDATE') END
               )
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
    ) AS hidden (tables), (
        SELECT string_agg(c.table_name || '.' || c.name, ', ')
        FROM (VALUES ('users', 'user_id'), ('sessions', 'session_id'), ('tickets', 'ticket_id'),
                     ('events', 'event_id')) AS c (table_name, name)
        JOIN pg_attribute AS a ON a.attrelid = to_regclass(c.table_name) AND a.attname = c.name
        WHERE a.attidentity = '' AND NOT a.atthasdef
    ) AS numberless (columns)
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
