#!/usr/bin/env bats
# Operators at work while users are: several sessionctl at once, on the same accounts and on others, beside a load of
# honest clients. None of them fails, each change is there once, and nobody else notices.

load lib/common
load lib/sessions
load lib/ctl
one_instance REFRESH_GRACE=0

# How often each operator does what he does.
ROUNDS=4

after_each() {
    [[ -z ${LOAD_PID-} ]] || kill -KILL "$LOAD_PID" 2>/dev/null || true
}

# operator NUMBER: what one of them does, in an account of his own and in the one that all of them change. The first
# command that fails ends it, and what that said is in the file of the operator.
operator() {
    local number=$1 round own=own$1
    set -e
    ctl_alone user add "$own" <<<"$PASSWORD"
    for ((round = 1; round <= ROUNDS; round++)); do
        ctl_alone user groups "$own" "+round-$round"
        ctl_alone user groups shared "+by-$number-$round"
        ctl_alone user disable "$own"
        ctl_alone user enable "$own"
        ctl_alone user passwd "$own" <<<"$OTHER_PASSWORD"
        ctl_alone session revoke --user shared
        ctl_alone invite new --groups "round-$round"
        printf '{"username":"shared","name":"By %s in %s","password_hash":"%s"}\n' "$number" "$round" "$HASH" >"$PLACE/$number.jsonl"
        import_alone "$PLACE/$number.jsonl"
    done
    ctl_alone user groups "$own" -round-1
}

ctl_alone() {
    "${CLEAN[@]}" "${CHEAP[@]}" "$ROOT/scripts/sessionctl" "$@"
}

# import_alone FILE: imports it, once no other operator does: one import is under way at a time, and another is told so.
import_alone() {
    local said
    until said=$(ctl_alone import jsonl "$1" --update 2>&1); do
        [[ $said == *'another import is under way; nothing was imported' ]] || fail "$said"
        sleep 0.1
    done
}

entries() {
    sql "select count(*) from events join users using (user_id) where username like '$1' and event = '$2'"
}

@test "operators who work at once beside a load hinder neither each other nor anybody else, and lose nothing" {
    local number operators=() groups
    PLACE=$(mktemp -d "$STACK/place.XXXXXX")
    ctl_done user add shared <<<"$PASSWORD"
    HASH=$(sql "select password_hash from users where username = 'shared'")
    new_user
    load_start 3
    for number in 1 2 3; do
        operator "$number" >"$PLACE/operator-$number" 2>&1 3>&- 4>&- &
        operators+=($!)
    done
    for number in "${!operators[@]}"; do
        wait "${operators[number]}" || fail "operator $((number + 1)): $(tail -n 3 "$PLACE/operator-$((number + 1))")"
    done
    content_is 200 "$access"
    load_stop
    expect_equal "answers 503" "$(jq '.statuses["503"] // 0' <<<"$RESULT")" 0
    expect_acknowledged
    # Each of the operators has added each of his groups to the account of all, and the others' are still there.
    expect_equal "groups of the shared account" "$(sql "select cardinality(groups) from users where username = 'shared'")" \
        $((3 * ROUNDS))
    for number in 1 2 3; do
        groups=$(sql "select array_to_string(groups, ' ') from users where username = 'own$number'")
        expect_equal "groups of own$number" "$groups" 'round-2 round-3 round-4'
        expect_equal "its password" "$(api POST /login "$(credentials "own$number" "$OTHER_PASSWORD")"; echo "$status")" 200
    done
    expect_equal "invitations" "$(sql "select count(*) from tickets where purpose = 'invitation'")" $((3 * ROUNDS))
    expect_equal "entries of groups" "$(entries shared privilege_permissions_changed)" $((3 * ROUNDS))
    expect_equal "entries of disabled users" "$(entries own_ user_disabled)" $((3 * ROUNDS))
    expect_equal "entries of enabled users" "$(entries own_ user_enabled)" $((3 * ROUNDS))
    expect_equal "entries of passwords" "$(entries own_ authn_password_change)" $((3 * ROUNDS))
}
