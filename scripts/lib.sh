# shellcheck shell=bash disable=SC2034  # variables are for those who source it
# What the scripts share: the root of the project, messages, the settings as sessiond itself reads them, and the paths
# of an instance. Sourcing it changes only variables and the umask.

# With CDPATH, `cd` of a relative path may lead elsewhere, and prints where; with POSIXLY_CORRECT, `--` behind a mode is
# a file; and NGINX names descriptors that nginx is to take for listening sockets.
unset CDPATH POSIXLY_CORRECT NGINX
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
SESSIOND=$(cd "$ROOT" && realpath -m -- "${SESSIOND:-build/sessiond}")
export PATH=$PATH:/usr/sbin:/sbin
umask 022

# ENV_FILE names another settings file than .env; a relative path starts in the directory of the caller.
SETTINGS_FILE=$ROOT/.env
SETTINGS_OPTION=()
if [[ -n ${ENV_FILE-} ]]; then
    SETTINGS_FILE=$(realpath -m -- "$ENV_FILE")
    export ENV_FILE=$SETTINGS_FILE
fi
if [[ -n ${ENV_FILE-} || -e $SETTINGS_FILE ]]; then
    SETTINGS_OPTION=(-f "$SETTINGS_FILE")
elif [[ -e $ROOT/Makefile ]]; then
    SETTINGS_OPTION=(-f /dev/null) # of a checkout neither those of an installed service count, nor the caller's
else
    SETTINGS_FILE=/etc/sessiond/sessiond.conf # which the program takes by itself
fi

say() {
    printf '%s\n' "$*"
}

die() {
    die_with 1 "$@"
}

# die_with STATUS REASON...: ends the script with the reason, which may have several lines, and the exit status. What
# others have written, such as a server or a variable, is in it.
die_with() {
    printf '%s: %s\n' "${0##*/}" "$(printable "${*:2}")" >&2
    exit "$1"
}

# printable TEXT: prints it with `?` in place of each control character, which a terminal would obey, but of line breaks.
printable() {
    local LC_ALL=C text=$1
    text=${text//$'\xc2'[$'\x80'-$'\x9f']/?}
    printf '%s\n' "${text//[$'\x01'-$'\x09\x0b'-$'\x1f\x7f']/?}"
}

# printable_lines: the same for lines on standard input, each as it comes; they may have tabs.
printable_lines() {
    LC_ALL=C sed -u 's/\xc2[\x80-\x9f]/?/g; s/[\x01-\x08\x0b-\x1f\x7f]/?/g'
}

# print_help: prints the comment at the head of the script that runs, which says how it is called and what it does.
print_help() {
    sed -nE '2,/^[^#]/s/^# ?//p' "$0"
}

# wrong_usage REASON: ends the script with the reason, in one line of which a terminal obeys nothing, how it is called,
# and the exit status 2.
wrong_usage() {
    local LC_ALL=C reason=$*
    ((${#reason} <= 300)) || reason=${reason:0:300}...
    printf '%s: %s\n' "${0##*/}" "${reason//[^ -~]/?}" >&2
    print_help | head -n 1 >&2
    exit 2
}

# check_arguments MOST ARGUMENT...: prints the help if it is asked for; refuses options and more than MOST arguments.
check_arguments() {
    local most=$1 argument
    shift
    for argument in "$@"; do
        case $argument in
            -h | --help) print_help && exit ;;
            -*) wrong_usage "there is no option '$argument'" ;;
            '') wrong_usage "an argument is empty" ;;
        esac
    done
    (($# <= most)) || wrong_usage "unexpected argument '${*:most+1:1}'"
}

# hold_lock LOCK WHAT: holds the file LOCK, which need not be there yet, until this script ends. Waits, with a word,
# until WHAT ends, which holds it now. Who may lock a file can keep all others waiting, and who may read it may lock it:
# so only its owner may read this one.
hold_lock() {
    (umask 077 && : >>"$1")
    [[ ! -O $1 ]] || chmod 600 -- "$1"
    exec {LOCK}>>"$1"
    flock -n "$LOCK" || say "waiting for $2 to end" >&2
    flock "$LOCK"
}

is_root() {
    ((EUID == 0))
}

# make_directory MODE OWNER USER DIRECTORY: root gives the directory to OWNER and to the primary group of USER; for
# others it is their own.
make_directory() {
    local options=(-d -m "$1")
    ! is_root || options+=(-o "$2" -g "$(id -gn -- "$3")")
    install "${options[@]}" -- "$4"
}

# as_user USER COMMAND...: as root.
as_user() {
    setpriv --reuid="$1" --regid="$(id -g -- "$1")" --clear-groups "${@:2}"
}

# resolve_own WHAT PATH: prints the absolute path without links, as `realpath -m` does, and dies at a link that neither
# root nor the caller has made, wherever it stands on the way: whoever made it chooses where it leads. A relative path
# starts in the working directory. Call it as VARIABLE=$(resolve_own ...) || exit.
resolve_own() {
    local what=$1 rest=$2 resolved='' name owner links=0
    [[ $rest == /* ]] || rest=$(pwd -P)/$rest
    while [[ $rest == *[!/]* ]]; do
        rest=${rest#"${rest%%[!/]*}"}
        name=${rest%%/*}
        rest=${rest#"$name"}
        if [[ $name == .. ]]; then
            resolved=${resolved%/*}
        elif [[ -L $resolved/$name ]]; then
            owner=$(stat -c %u -- "$resolved/$name")
            [[ $owner == 0 || $owner == "$EUID" ]] ||
                die "$what: $resolved/$name is a link of the user $(user_name "$owner"), who could lead it anywhere:" \
                    "remove it, or choose a place that only links of root and of the user $(id -un) lead to"
            ((++links <= 40)) || die "$what: the links of $2 lead in a circle: choose another place"
            name=$(readlink -- "$resolved/$name")
            [[ $name != /* ]] || resolved=
            rest=$name$rest
        elif [[ $name != . ]]; then
            resolved+=/$name
        fi
    done
    say "${resolved:-/}"
}

# user_name UID: the name of the user, or the number if it has none.
user_name() {
    id -un -- "$1" 2>/dev/null || say "$1"
}

# has_access_list PATH: whether the group's right to write is that of several users and groups (acl(5)), which ls shows by
# a plus.
has_access_list() {
    [[ $(LC_ALL=C ls -ld -- "$1") == ?????w????+* ]]
}

# require_own WHAT DIRECTORY [UID...]: dies if others could put files of theirs in the place of ours: if the directory, which
# need not be there yet, belongs to somebody else or others may write to it, or the same holds for one above it. Above
# it, a sticky directory such as /tmp is safe, and root accepts those of whoever owns these scripts, which root runs
# anyway. So it looks no further than to the directories that hold the scripts, too. The path is one that resolve_own
# has printed: a link in it was put there since, and is refused. The directories may belong to the other users, too.
require_own() {
    local what=$1 path=$2 owners=" $EUID ${*:3} " owner group mode
    if [[ -e $path || -L $path ]]; then
        [[ ! -L $path && -d $path && $owners == *" $(stat -c %u -- "$path") "* ]] ||
            die "$what: $path is not a directory of the user $(id -un): choose another place"
        (((8#$(stat -c %a -- "$path") & 8#22) == 0)) ||
            die "$what: others may write to $path: run 'chmod go-w $path' if all that is in it is yours," \
                "or choose another place"
    fi
    while path=$(dirname -- "$path") && [[ $ROOT/ != "${path%/}"/* ]]; do
        [[ -e $path || -L $path ]] || continue
        read -r owner group mode < <(stat -c '%u %g %a' -- "$path")
        (((8#$mode & 8#1002) != 2)) || die "$what: every user may write to $path: choose another place"
        is_root || continue
        [[ $owner == 0 || $owner == "$(stat -c %u -- "$ROOT")" || $owners == *" $owner "* ]] ||
            die "$what: $path belongs to the user $(user_name "$owner"), who could replace what root puts there:" \
                "choose another place"
        if (((8#$mode & 8#1020) == 8#20)) && { ((group != 0)) || has_access_list "$path"; }; then
            die "$what: the group $(stat -c %G -- "$path"), or whom an access list names, may write to $path, and so" \
                "replace what root puts there: run 'chmod g-w $path', or choose another place"
        fi
    done
}

# require_plain WHAT PATH: dies if nginx, in whose configuration the path will stand, could read it as something else.
require_plain() {
    [[ $2 != *[^[:alnum:]/._+~=:\ -]* ]] ||
        die "$1 must consist of letters, digits, spaces and /._+~=:- only, and '$2' does not"
}

# sessiond ARGUMENT...: runs the program with the settings of this project.
sessiond() {
    (cd "$ROOT" && "$SESSIOND" "${SETTINGS_OPTION[@]}" "$@")
}

# The values of the settings by name. A secret is `***` here; `secret NAME` prints it where it is needed.
declare -A SETTING=()
# Where each comes from: `environment`, the path of a credential, FILE:LINE or `default`.
declare -A ORIGIN=()

# read_table MAP OPTION: fills the map with the lines NAME=text that sessiond prints.
read_table() {
    local -n map=$1
    local line text
    text=$(sessiond "$2") ||
        die_with 2 "the settings in $SETTINGS_FILE or the environment are not valid: correct what is named above"
    while IFS= read -r line; do
        map[${line%%=*}]=${line#*=}
    done <<<"$text"
}

load_settings() {
    [[ -x $SESSIOND ]] || die "there is no program $SESSIOND: build it with make"
    read_table SETTING -s
    read_table ORIGIN -w
}

secret() {
    sessiond -g "$1"
}

# is_set NAME: whether the setting has a value in the environment or in the file. Needs load_settings.
is_set() {
    [[ ${ORIGIN[$1]} != default ]]
}

# with_origins NAME...: the settings, each with the place where it comes from, for messages.
with_origins() {
    local name text=
    for name in "$@"; do
        text+="${text:+, }$name from ${ORIGIN[$name]/#environment/the environment}"
    done
    say "${text//from default/by default}"
}

# The settings that describe the database one by one, where DATABASE_URL does not.
DATABASE_PARTS=(DB_HOST DB_PORT DB_NAME DB_USER DB_PASSWORD)

# The private cluster is used when none of the settings of the database is set.
uses_private_cluster() {
    local name
    for name in DATABASE_URL "${DATABASE_PARTS[@]}"; do
        ! is_set "$name" || return 1
    done
}

# Sets the paths of the instance: RUN (configuration and logs), STATE (what other users must reach: cluster, sockets,
# pages), CLUSTER, CLUSTER_SOCKETS and SOCKETS. STATE is RUN unless scripts/run has made the link RUN/state to another
# place.
locate_instance() {
    RUN=${SETTING[RUN_DIR]}
    [[ $RUN == /* ]] || RUN=$ROOT/$RUN
    RUN=$(resolve_own RUN_DIR "$RUN") || exit
    require_plain RUN_DIR "$RUN"
    STATE=$RUN
    [[ ! -L $RUN/state ]] || STATE=$(readlink -- "$RUN/state")
    CLUSTER=$STATE/cluster
    locate_sockets
}

# Resolves the links that scripts/run makes to a shorter path when a socket's path would be too long for the kernel.
locate_sockets() {
    CLUSTER_SOCKETS=$(realpath -m -- "$STATE/cluster-sockets")
    SOCKETS=$(realpath -m -- "$STATE/sockets")
    ! is_set SOCKET_DIR || SOCKETS=$(cd "$ROOT" && resolve_own SOCKET_DIR "${SETTING[SOCKET_DIR]}") || exit
    require_plain SOCKET_DIR "$SOCKETS"
}

# in_url ADDRESS: as it stands in a URL; an IPv6 address has brackets there.
in_url() {
    if [[ $1 == *:* ]]; then echo "[$1]"; else echo "$1"; fi
}

# has_ipv6 ADDRESS: whether this host has IPv6, and for ::1 the address itself.
has_ipv6() {
    local line=.
    [[ $1 != ::1 ]] || line='^00000000000000000000000000000001 '
    grep -qs "$line" /proc/net/if_inet6
}
