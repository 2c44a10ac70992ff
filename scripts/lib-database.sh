# shellcheck shell=bash
# How the scripts reach the database of the settings. Passwords travel in the environment or on standard input only:
# everybody can read a command line. Needs lib.sh.

# What psql is called with before all other options; set by the connect_ functions.
PSQL_TARGET=()

# The caller's variables must not lead a connection elsewhere.
forget_libpq_variables() {
    unset PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGPASSWORD PGPASSFILE PGSERVICE PGOPTIONS
}

# connect_private DATABASE: to the private cluster, as its superuser.
connect_private() {
    forget_libpq_variables
    export PGHOST=$CLUSTER_SOCKETS PGPORT=5432 PGUSER=postgres PGDATABASE=$1
}

# connect_server USER PASSWORD DATABASE: to DB_HOST and DB_PORT.
connect_server() {
    forget_libpq_variables
    PGHOST=${SETTING[DB_HOST]}
    PGPORT=${SETTING[DB_PORT]}
    export PGHOST PGPORT PGUSER=$1 PGPASSWORD=$2 PGDATABASE=$3
    [[ -n $2 ]] || unset PGPASSWORD
}

percent_decode() {
    local text=${1//\\/\\\\}
    printf '%b' "${text//%/\\x}"
}

# connect_url CONNINFO: its password is taken out, as the rest becomes an argument of psql.
connect_url() {
    local user_part='^(postgres(ql)?://[^:/@?]*):([^@/?]*)@(.*)$'
    local query_part='^(postgres(ql)?://.*[?&])password=([^&]*)(.*)$'
    local key_part="^(|.*[[:space:]])password[[:space:]]*=[[:space:]]*('([^'\\]|\\\\.)*'|[^[:space:]']*)(.*)\$"
    local rest=$1 password=
    if [[ $rest =~ $user_part ]]; then
        rest=${BASH_REMATCH[1]}@${BASH_REMATCH[4]}
        password=$(percent_decode "${BASH_REMATCH[3]}")
    elif [[ $rest =~ $query_part ]]; then
        rest=${BASH_REMATCH[1]}${BASH_REMATCH[4]#&}
        rest=${rest%[?&]}
        password=$(percent_decode "${BASH_REMATCH[3]}")
    elif [[ $rest =~ $key_part ]]; then
        rest="${BASH_REMATCH[1]} ${BASH_REMATCH[4]}"
        password=$(sed -E "s/^'(.*)'\$/\1/; s/\\\\(.)/\1/g" <<<"${BASH_REMATCH[2]}")
    fi
    PSQL_TARGET=(-d "$rest")
    [[ -z $password ]] || export PGPASSWORD=$password
}

# connect_service: as the service connects itself (in the private cluster: as the superuser).
connect_service() {
    if uses_private_cluster; then
        connect_private "${SETTING[DB_NAME]}"
    elif is_set DATABASE_URL; then
        connect_url "$(secret DATABASE_URL)"
    else
        connect_server "${SETTING[DB_USER]}" "$(secret DB_PASSWORD)" "${SETTING[DB_NAME]}"
    fi
}

# connect_owner: as who may change the schema: postgres, where its password is known.
connect_owner() {
    if is_set POSTGRES_PASSWORD && ! is_set DATABASE_URL && ! uses_private_cluster; then
        connect_server postgres "$(secret POSTGRES_PASSWORD)" "${SETTING[DB_NAME]}"
    else
        connect_service
    fi
}

# run_psql ARGUMENT...: psql for scripts: no startup file, quiet, ends at the first error.
run_psql() {
    PGOPTIONS="${PGOPTIONS-} -c client_min_messages=warning" PGCONNECT_TIMEOUT=${PGCONNECT_TIMEOUT:-10} \
        psql "${PSQL_TARGET[@]}" -X -q -w -v ON_ERROR_STOP=1 "$@"
}

# ensure_database USER DATABASE [PASSWORD]: makes or mends the role and makes the database, connected as postgres to
# the database postgres. The role may connect, and owns nothing.
ensure_database() {
    # shellcheck disable=SC2016  # psql runs what stands in `...`, not this shell
    NEW_ROLE_PASSWORD=${3-} run_psql -v "role=$1" -v "database=$2" -v "has_password=${3:+1}" <<'SQL'
\set password `printenv NEW_ROLE_PASSWORD`
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SET log_min_duration_statement = -1;
SET password_encryption = 'scram-sha-256';
SELECT format('CREATE ROLE %I', :'role') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec
ALTER ROLE :"role" LOGIN;
SELECT :'has_password' <> '' AS has_password \gset
\if :has_password
ALTER ROLE :"role" PASSWORD :'password';
\endif
SELECT format('CREATE DATABASE %I TEMPLATE template0 ENCODING %L LC_COLLATE ''C'' LC_CTYPE ''C''', :'database', 'UTF8')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"role";
SQL
    PGDATABASE=$2 run_psql -c 'REVOKE CREATE ON SCHEMA public FROM PUBLIC'
}
