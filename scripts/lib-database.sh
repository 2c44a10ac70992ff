# shellcheck shell=bash
# How the scripts connect to the database that the settings describe. Passwords are passed in the environment or on
# standard input only, because every user of the machine can read a command line. Needs lib.sh.

# shellcheck source=scripts/lib-peer.sh
source "$ROOT/scripts/lib-peer.sh"

# The command before a program of libpq, such as psql, that makes it connect to the database; set by the connect_
# functions. Empty if the environment says where to connect.
CONNECT=()

# home_of USER: where libpq, when this user runs it, looks for certificates, passwords and services. It connects without
# encryption where it may not look. As in sessiond, the home of the user counts, and not that of whoever became this
# user; or one that is not there.
home_of() {
    local home as=()
    home=$(getent passwd "$1" | cut -d : -f 6) || true
    [[ $1 == "$EUID" ]] || as=(as_user "$1")
    if [[ $home == /* ]] && "${as[@]}" test -x "$home"; then say "$home"; else say /nonexistent; fi
}

# Sets HOME to the home of the user, and unsets the variables of libpq that the caller may have set: the settings are
# the one source of where a connection goes, as whom, and how. Those count that say how it is protected, or where
# service files are. sessiond does the same (src/pg/variables.cc).
reset_libpq_environment() {
    local name
    HOME=$(home_of "$EUID")
    export HOME
    for name in $(compgen -e PG); do
        [[ ! $name =~ ^PG[A-Z][A-Z_]*$ ]] ||
            [[ $name == @(PGSSL*|PGREQUIRE*|PGCHANNELBINDING|PGGSS*|PGKRBSRVNAME|PGSERVICEFILE|PGSYSCONFDIR) ]] ||
            unset "$name"
    done
}

# connect_private DATABASE: to the private cluster, as its superuser.
connect_private() {
    reset_libpq_environment
    export PGHOST=$CLUSTER_SOCKETS PGPORT=5432 PGUSER=postgres PGDATABASE=$1
}

# connect_server USER PASSWORD DATABASE: to DB_HOST and DB_PORT.
connect_server() {
    reset_libpq_environment
    PGHOST=${SETTING[DB_HOST]}
    PGPORT=${SETTING[DB_PORT]}
    export PGHOST PGPORT PGUSER=$1 PGPASSWORD=$2 PGDATABASE=$3
    [[ -n $2 ]] || unset PGPASSWORD
}

# connect_service: to the database of the service as the settings say; to the private cluster as its superuser.
connect_service() {
    if uses_private_cluster; then
        connect_private "${SETTING[DB_NAME]}"
    else
        CONNECT=("$SESSIOND" "${SETTINGS_OPTION[@]}" -d)
    fi
}

# connect_worker: as connect_service, by the user that the workers are: what root may read, such as a certificate, and as
# whom PostgreSQL knows root, says nothing of them. They shall not find the password of postgres in a process of theirs.
connect_worker() {
    local user=${SETTING[WORKER_USER]}
    connect_service
    uses_private_cluster || ! is_root || CONNECT+=(env -C / -u POSTGRES_PASSWORD "HOME=$(home_of "$user")"
        setpriv --reuid="$user" --regid="$(id -g -- "$user")" --clear-groups)
}

# connect_owner: as a role that may change the tables: as postgres where the server lets root be that by `peer`, or by
# POSTGRES_PASSWORD if that is set and DATABASE_URL is not; else as connect_service does.
connect_owner() {
    if is_peer && knows_peer; then
        connect_peer "${PEER[dbname]}"
    elif is_set POSTGRES_PASSWORD && ! is_set DATABASE_URL && ! uses_private_cluster; then
        connect_server postgres "$(secret POSTGRES_PASSWORD)" "${SETTING[DB_NAME]}"
    else
        connect_service
    fi
}

# run_psql ARGUMENT...: psql for scripts: reads no startup file, is quiet, asks for no password, stops at the first
# error, and waits for the server for CONNECT_SECONDS, or 10 seconds. What it says passes through printable_lines, as
# others have a part in it.
run_psql() {
    {
        "${CONNECT[@]}" env "PGCONNECT_TIMEOUT=${CONNECT_SECONDS:-10}" psql -X -q -w -v ON_ERROR_STOP=1 "$@" \
            2>&1 >&3 3>&- | printable_lines >&2 3>&-
    } 3>&1
}

# How many seconds are waited for a lock that somebody else has: that of migrations, or that of a table.
LOCK_SECONDS=${LOCK_SECONDS:-120}

# require_lock_seconds: fails when the environment names no such number.
require_lock_seconds() {
    [[ $LOCK_SECONDS =~ ^[1-9][0-9]{0,4}$ ]] ||
        die_with 2 "LOCK_SECONDS must be a whole number of seconds from 1 to 99999, such as 120, and not '$LOCK_SECONDS'"
}

# The head of each transaction. Names without a schema are those of PostgreSQL alone, so that nothing that others have
# made in the database, such as a function or an operator, is taken for one of its own. Questions to the catalogs are not
# compiled (jit), which takes seconds.
own_names() {
    say "SET LOCAL search_path = pg_catalog; SET LOCAL lock_timeout = '${LOCK_SECONDS}s'; SET LOCAL jit = off;"
}

# ask OPTION...: what the database answers to the questions on standard input, which it gets in one transaction. A table
# of the service is :"place".NAME there.
ask() {
    run_psql -At -1 -v "place=$PLACE" -v "schemas=$SCHEMAS" "$@" -c "$(own_names)" -f -
}

# locate_tables: sets SCHEMAS, the schemas of the caller's search_path, and PLACE, the one of them where the tables of
# the service are, or will be: that in which schema_versions is, else the first.
locate_tables() {
    local found
    found=$(run_psql -At -1 -f - <<'SQL'
SELECT pg_catalog.current_schemas(false)::pg_catalog.text AS schemas \gset
SET LOCAL search_path = pg_catalog;
SELECT :'schemas';
SELECT p.name
  FROM unnest(:'schemas'::name[]) WITH ORDINALITY AS p (name, position)
  JOIN pg_namespace AS n ON n.nspname = p.name AND n.nspname !~ '^pg_'
 ORDER BY EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid AND relname = 'schema_versions') DESC, p.position
 LIMIT 1;
SQL
    ) || die "the schemas of the database cannot be listed (psql says why above)"
    SCHEMAS=${found%%$'\n'*}
    PLACE=${found#"$SCHEMAS"}
    PLACE=${PLACE#$'\n'}
    [[ -n $PLACE ]] ||
        die "no schema of the role's search_path is there, so that the tables have no place: as the owner of the database say" \
            "CREATE SCHEMA public, or ALTER ROLE ... SET search_path"
}

# name_settings: the settings by which the database was found, and where each comes from.
name_settings() {
    if uses_private_cluster; then
        say "the private cluster of RUN_DIR"
    elif is_set DATABASE_URL; then
        with_origins DATABASE_URL
    else
        with_origins "${DATABASE_PARTS[@]}"
    fi
}

# name_database: the database that the caller has connected to, as psql knows it.
name_database() {
    run_psql -At -f - <<<'\echo :DBNAME on :HOST port :PORT'
}

# rights_of_makers: what others have made, or may make, that statements of the caller would run: who owns anything or
# may make anything in the database, in the schemas that the caller's statements look at; who has a part in what runs
# when a statement touches a table of the service, such as a trigger; and who may have one. Superusers do not count, nor
# the caller's own role and its members, nor a role that the caller has by membership and that nobody else can log in
# with.
rights_of_makers() {
    ask -v "service_role=${SETTING[DB_USER]}" <<'SQL'
WITH RECURSIVE
     caller AS (SELECT oid, rolsuper FROM pg_roles WHERE rolname = current_user),
     other AS (
         SELECT r.oid, r.rolname, r.rolcanlogin OR r.rolname = :'service_role' AS comes
           FROM pg_roles AS r, caller WHERE NOT r.rolsuper AND NOT pg_has_role(r.oid, caller.oid, 'MEMBER')),
     maker AS (
         SELECT r.oid, r.rolname FROM other AS r, caller
          WHERE r.rolname !~ '^pg_' AND (caller.rolsuper OR NOT pg_has_role(caller.oid, r.oid, 'MEMBER')
             OR EXISTS (SELECT FROM other AS o WHERE o.comes AND pg_has_role(o.oid, r.oid, 'MEMBER')))),
     place AS (SELECT oid, nspname FROM pg_namespace WHERE nspname = ANY (:'schemas'::name[]) AND nspname !~ '^pg_'),
     own AS (
         SELECT oid, relname FROM pg_class
          WHERE relnamespace IN (SELECT oid FROM place) AND relkind NOT IN ('i', 'I')
            AND relname IN ('users', 'sessions', 'attempts', 'devices', 'tickets', 'events', 'schema_versions')),
     -- The tables of the service, what belongs to them, and all that this needs in its turn; and what runs with any
     -- statement. So functions are in it that stand in a trigger, rule, default, constraint, policy, index or type.
     part (class, id) AS (
         (SELECT 'pg_class'::regclass::oid, oid FROM own
          UNION ALL SELECT 'pg_event_trigger'::regclass, oid FROM pg_event_trigger WHERE evtenabled <> 'D'
          UNION ALL SELECT 'pg_cast'::regclass, oid FROM pg_cast WHERE castfunc <> 0)
         UNION
         SELECT next.class, next.id FROM part, LATERAL (
             SELECT refclassid, refobjid FROM pg_depend WHERE classid = part.class AND objid = part.id
             UNION ALL
             SELECT classid, objid FROM pg_depend
              WHERE refclassid = part.class AND refobjid = part.id AND deptype IN ('a', 'i')) AS next (class, id)),
     made AS (
         SELECT relowner AS owner, oid::regclass::text AS name FROM pg_class
          WHERE relnamespace IN (SELECT oid FROM place) AND relkind <> 'i'
         UNION
         SELECT proowner, 'the function ' || oid::regprocedure FROM pg_proc WHERE pronamespace IN (SELECT oid FROM place)
         UNION
         SELECT oprowner, 'the operator ' || oid::regoperator FROM pg_operator WHERE oprnamespace IN (SELECT oid FROM place)
         UNION
         SELECT c.relowner, c.oid::regclass || ', which refers to a table of the service'
           FROM (SELECT conrelid, confrelid FROM pg_constraint WHERE contype = 'f'
                 UNION ALL SELECT inhrelid, inhparent FROM pg_inherits) AS r (id, target)
           JOIN own ON own.oid = r.target JOIN pg_class AS c ON c.oid = r.id
         UNION
         SELECT f.owner, f.name || ', which is used by ' || (
                SELECT string_agg(DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid), ', ')
                  FROM pg_depend AS d JOIN part AS user_of ON user_of.class = d.classid AND user_of.id = d.objid
                 WHERE d.refclassid = part.class AND d.refobjid = part.id)
           FROM part JOIN (
                SELECT 'pg_proc'::regclass, oid, proowner, 'the function ' || oid::regprocedure FROM pg_proc
                UNION ALL
                SELECT 'pg_type'::regclass, oid, typowner, 'the type ' || oid::regtype FROM pg_type WHERE typrelid = 0
                UNION ALL
                SELECT 'pg_class'::regclass, oid, relowner, oid::regclass::text FROM pg_class
                 WHERE oid NOT IN (SELECT oid FROM own) AND relkind NOT IN ('i', 'I', 't')) AS f (class, id, owner, name)
             ON f.class = part.class AND f.id = part.id),
     finding AS (
         SELECT 1 AS weight, rolname, 'owns the database' AS what FROM maker, pg_database
          WHERE datname = current_database() AND pg_has_role(maker.oid, datdba, 'MEMBER')
         UNION ALL
         SELECT 2, rolname, 'may make schemas in the database' FROM maker
          WHERE has_database_privilege(maker.oid, current_database(), 'CREATE')
         UNION ALL
         SELECT 3, rolname, format('may make functions and tables in the schema %I', nspname) FROM maker, place
          WHERE has_schema_privilege(maker.oid, place.oid, 'CREATE')
         UNION ALL
         SELECT 4, rolname, 'owns ' || name FROM maker JOIN made ON made.owner = maker.oid
         UNION ALL
         SELECT 5, rolname, 'may make triggers on, or references to, '
                || string_agg(own.oid::regclass::text, ' and ' ORDER BY own.relname) FROM maker, own
          WHERE has_table_privilege(maker.oid, own.oid, 'TRIGGER')
             OR has_any_column_privilege(maker.oid, own.oid, 'REFERENCES') GROUP BY rolname
         UNION ALL
         -- Who has made it nothing tells, and its condition may call whatever PostgreSQL has.
         SELECT 6, NULL, format('somebody has made the %s', pg_describe_object('pg_trigger'::regclass, t.oid, 0))
           FROM pg_trigger AS t JOIN own ON own.oid = t.tgrelid
          WHERE own.relname = 'schema_versions' AND NOT t.tgisinternal AND t.tgqual IS NOT NULL)
SELECT string_agg(concat_ws(' ', 'the role ' || rolname, what), ', ') FROM (
    SELECT rolname, what FROM finding ORDER BY rolname <> :'service_role', weight, what LIMIT 3) AS first;
SQL
}

# refuse_makers: dies in a database in which others could have made what the caller, who may do more, would run: a
# function that is taken for PostgreSQL's own, or a trigger. Whoever takes over a worker must not become superuser by
# the next migration.
refuse_makers() {
    local found
    found=$(rights_of_makers) || die "the rights in the database cannot be found out (psql says why above)"
    [[ -z $found ]] ||
        die "$found, so that statements of a role with more rights are not safe in this database, and nothing was changed." \
            "Either connect as the owner itself (DATABASE_URL, with the role of the service in DB_USER; without" \
            "POSTGRES_PASSWORD), or look what was made, drop what should not be there, and take the rights away:" \
            "ALTER DATABASE ... OWNER TO postgres; REVOKE CREATE ON SCHEMA public FROM PUBLIC; REASSIGN OWNED BY ... TO" \
            "postgres; REVOKE TRIGGER, REFERENCES ON ALL TABLES IN SCHEMA public FROM ..."
}

# foreign_tables: the tables in a database that has none of the service: a row for those whose names the service needs,
# and one for all others; an empty one for none. The tables of the service are known by columns of theirs, as others
# have some of the names too; from the first version on, users and sessions are among them. What an extension has made
# belongs to it.
foreign_tables() {
    ask <<'SQL'
SELECT count(*) FILTER (WHERE own.name = 'schema_versions') = 3 AS is_own, count(*) = 5 AS has_all
  FROM (VALUES ('schema_versions', 'version', 'integer'), ('schema_versions', 'name', 'text'),
               ('schema_versions', 'applied_at', 'timestamp with time zone'), ('users', 'password_hash', 'text'),
               ('sessions', 'refresh_family_hash', 'bytea')) AS own (name, field, type)
  JOIN pg_attribute AS a ON a.attrelid = to_regclass(format('%I.%I', :'place', own.name)) AND a.attname = own.field
                        AND NOT a.attisdropped AND a.atttypid = own.type::regtype
\gset
\if :is_own
SELECT :'has_all' OR NOT EXISTS (SELECT FROM :"place".schema_versions WHERE version = 1) AS is_own \gset
\endif
WITH foreign_table AS (
    SELECT format(CASE n.nspname WHEN :'place' THEN '%2$I' ELSE '%1$I.%2$I' END, n.nspname, c.relname) AS name,
           n.nspname = :'place' AND c.relname IN ('users', 'sessions', 'attempts', 'devices', 'tickets', 'events',
               'schema_versions') AS is_needed
      FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE NOT :'is_own' AND c.relkind IN ('r', 'p', 'f', 'v', 'm')
       AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\_%'
       AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e'))
SELECT coalesce(string_agg(name, ', ' ORDER BY name), '') FROM foreign_table WHERE is_needed
UNION ALL
SELECT coalesce(string_agg(name, ', ' ORDER BY name) FILTER (WHERE place <= 5), '')
       || CASE WHEN max(place) > 5 THEN ' and ' || max(place) - 5 || ' more' ELSE '' END
  FROM (SELECT name, row_number() OVER (ORDER BY name) AS place FROM foreign_table) AS numbered;
SQL
}

# BESIDE is the option --beside-other-tables, if it was given.
BESIDE=

# refuse_foreign_tables: dies, before anything is changed, in a database that something else uses, such as another
# project whose DATABASE_URL stands in the shell.
refuse_foreign_tables() {
    local found database cure
    found=$(foreign_tables) || die "the tables of the database cannot be listed (psql says why above)"
    [[ $found == *[![:space:]]* ]] || return 0
    database="$(name_database) ($(name_settings))"
    cure="nothing was changed. Name a database of the service's own in DATABASE_URL or DB_NAME;"
    cure+=" scripts/create-database makes one"
    [[ $found == $'\n'* ]] ||
        die "the database $database has tables that are not those of the service, but have their names (${found%%$'\n'*}), so" \
            "$cure"
    [[ -n $BESIDE ]] ||
        die "the database $database has tables of something else (${found#*$'\n'}) and none of the service, so" \
            "$cure. If the tables of the service belong beside those, call ${0##*/} once with --beside-other-tables"
}

# ensure_database USER DATABASE [PASSWORD]: makes the role and the database if they are missing, lets the role log in
# (by the password, if one is given) and connect, and leaves it no right to make tables. The caller has connected to the
# database postgres as postgres. Others may have made functions there, so all names have their schema.
ensure_database() {
    # shellcheck disable=SC2016  # psql runs what stands in `...`, not this shell
    NEW_ROLE_PASSWORD=${3-} run_psql -v "role=$1" -v "database=$2" -v "has_password=${3:+1}" <<'SQL' || return 1
\set password `printenv NEW_ROLE_PASSWORD`
SELECT pg_catalog.format('CREATE ROLE %I', :'role')
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) :'role') \gexec
ALTER ROLE :"role" LOGIN;
SELECT :'has_password' OPERATOR(pg_catalog.<>) '' AS has_password \gset
\if :has_password
BEGIN;
SET LOCAL log_statement = 'none';
SET LOCAL log_min_error_statement = 'panic';
SET LOCAL log_min_duration_statement = -1;
SET LOCAL password_encryption = 'scram-sha-256';
ALTER ROLE :"role" PASSWORD :'password';
COMMIT;
\endif
SELECT pg_catalog.format('CREATE DATABASE %I TEMPLATE template0 ENCODING ''UTF8'' LC_COLLATE ''C'' LC_CTYPE ''C''', :'database')
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) :'database') \gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"role";
SQL
    PGDATABASE=$2 run_psql -c 'REVOKE CREATE ON SCHEMA public FROM PUBLIC'
}
