# shellcheck shell=bash disable=SC2034  # variables are for those who source it
# What the scripts share: the project's root, messages, the settings as sessiond itself reads them, and where the files
# of an instance lie. Sourcing it changes nothing but variables and the umask.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SESSIOND=$(cd "$ROOT" && realpath -m -- "${SESSIOND:-build/sessiond}")
export PATH=$PATH:/usr/sbin:/sbin
umask 022

# Another settings file than .env, named relative to the caller's directory.
SETTINGS_FILE=$ROOT/.env
SETTINGS_OPTION=()
if [[ -n ${ENV_FILE-} ]]; then
    SETTINGS_FILE=$(realpath -m -- "$ENV_FILE")
    SETTINGS_OPTION=(-f "$SETTINGS_FILE")
    export ENV_FILE=$SETTINGS_FILE
fi

say() {
    printf '%s\n' "$*"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

is_root() {
    ((EUID == 0))
}

# make_directory MODE OWNER GROUP DIRECTORY: owner and the user whose group it is only count for root.
make_directory() {
    local options=(-d -m "$1")
    ! is_root || options+=(-o "$2" -g "$(id -gn -- "$3")")
    install "${options[@]}" -- "$4"
}

# sessiond ARGUMENT...: the binary with the settings of this project.
sessiond() {
    (cd "$ROOT" && "$SESSIOND" "${SETTINGS_OPTION[@]}" "$@")
}

# The effective settings by name; secrets are only asked for where they are needed.
declare -A SETTING=()

load_settings() {
    local line
    [[ -x $SESSIOND ]] || die "build/sessiond is missing; build it first: make"
    sessiond -n >/dev/null || die "the settings are not valid (see above; $SETTINGS_FILE and the environment)"
    while IFS= read -r line; do
        SETTING[${line%%=*}]=${line#*=}
    done < <(sessiond -s)
}

secret() {
    sessiond -g "$1"
}

# is_set NAME: whether the environment or, where that is silent, the settings file gives it a value of its own.
is_set() {
    local value=${!1-}
    if [[ ! -v $1 && -r $SETTINGS_FILE ]]; then
        value=$(sed -nE "s/^[[:space:]]*$1[[:space:]]*=[[:space:]]*(.*[^[:space:]])[[:space:]]*$/\1/p" "$SETTINGS_FILE")
    fi
    [[ -n $value && $value != '""' && $value != "''" ]]
}

# The private cluster is used when no setting says anything of a database.
uses_private_cluster() {
    local name
    for name in DATABASE_URL DB_HOST DB_PORT DB_NAME DB_USER DB_PASSWORD; do
        ! is_set "$name" || return 1
    done
}

# Where the instance lies: RUN (configuration, logs), STATE (what other users must reach: cluster and sockets),
# CLUSTER, CLUSTER_SOCKETS and SOCKETS. STATE is RUN unless the link RUN/state leads elsewhere.
locate_instance() {
    RUN=${SETTING[RUN_DIR]}
    [[ $RUN == /* ]] || RUN=$ROOT/$RUN
    RUN=$(realpath -m -- "$RUN")
    [[ $RUN != *[^[:alnum:]/._+~=:\ -]* ]] ||
        die "RUN_DIR '$RUN' may hold letters, digits, spaces and /._+~=:- only"
    STATE=$RUN
    [[ ! -L $RUN/state ]] || STATE=$(readlink -- "$RUN/state")
    CLUSTER=$STATE/cluster
    locate_sockets
}

# The directories of sockets are links when the path is longer than a socket's name may be.
locate_sockets() {
    CLUSTER_SOCKETS=$(realpath -m -- "$STATE/cluster-sockets")
    SOCKETS=$(realpath -m -- "$STATE/sockets")
    ! is_set SOCKET_DIR || SOCKETS=$(cd "$ROOT" && realpath -m -- "${SETTING[SOCKET_DIR]}")
}
