#!/usr/bin/env bats
# What a guarded location can say of itself beside the include: several groups, and what it lets pass.

setup_file() {
    load lib/common
    source "$LIB/site.bash"
    stack_new
    site_new
    stack_up
    site_up GUARD_GROUPS=wheel
}

teardown_file() {
    load lib/common
    source "$LIB/site.bash"
    site_down
    stack_down
}

setup() {
    load lib/common
    source "$LIB/site.bash"
}

# passes METHOD PATH [CURL-OPTION...]: a request to the server of nginx that is about this.
passes() {
    site_at "$NEIGHBOUR_PORT" "$@" -H 'Host: passes.example.org'
}

# expect_misplaced PATH WORDS [CURL-OPTION...]: nobody gets in, and the log says why.
expect_misplaced() {
    local path=$1 words=$2
    shift 2
    passes GET "$path" "$@"
    expect_status 500 || fail "$path"
    jq -eR --arg words "$words" 'fromjson? | select(.event == "guard_misplaced") | .detail | select(contains($words))' \
        "$(service_log)" >/dev/null || fail "nothing in the log says '$words'"
}

# --- several groups -------------------------------------------------------------------------------------------------

@test "guard_passes: of several groups, one is enough" {
    new_user
    # groups of the user | status
    local rows=('{}|403' '{other}|403' '{staffwheel}|403' '{staf}|403' '{staff}|200' '{wheel}|200' '{other,wheel,staff}|200')
    local row path
    for row in "${rows[@]}"; do
        join_group "$name" "${row%|*}"
        for path in /any/ /any/nested/; do
            passes GET "$path" -b "access_token=$access"
            expect_status "${row#*|}" || fail "$path $row"
        done
    done
    join_group "$name" '{}'
    passes GET /any/ -b "access_token=$access" -H 'Sec-Fetch-Mode: navigate'
    expect_status 403
    expect_match page "$body" 'not in a group that this page is for'
    jq -rR "fromjson? | select(.event == \"authz_fail\" and .user_id == \"$user_id\") | .detail" "$(service_log)" | grep -qx 'staff wheel'
    passes GET /any/
    expect_status 401
}

@test "guard_passes: what is no list of groups, or is not the group of the include, lets nobody in" {
    new_user
    join_group "$name" '{staff,wheel}'
    local path
    for path in /comma/ /blank/; do
        expect_misplaced "$path" 'no list of groups' -b "access_token=$access"
    done
    expect_misplaced /any/bare/ 'inherits the guard of another' -b "access_token=$access"
    expect_misplaced /any/wheel/ 'one group by its include' -b "access_token=$access"
}
