#!/usr/bin/env bats
# Guarded sites whose parts were rendered for another COOKIE_PREFIX than the service has: they would leave the session's
# cookies to the application.

setup_file() {
    load lib/common
    source "$LIB/site.bash"
    stack_new
    site_new
    stack_up
    site_up COOKIE_PREFIX=abc_ GUARD_GROUPS=wheel
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

# passes PATH [CURL-OPTION...]: a request to the server of nginx that has both a guarded and an open page.
passes() {
    site_at "$NEIGHBOUR_PORT" GET "$@" -H 'Host: passes.example.org'
}

# opens CREDENTIALS: true when the guarded page is there.
opens() {
    passes /any/ -b "$1"
    [[ $status == 200 ]]
}

@test "guard_prefix: parts for other cookies open to nobody, and the log says what is right" {
    new_user
    join_group "$name" '{staff}'
    local path credentials
    for path in /any/ /open/; do
        for credentials in a=1 "access_token=$access" "abc_access_token=$access"; do
            passes "$path" -b "$credentials"
            expect_status 500 || fail "$path $credentials"
            [[ $body != *"$access"* ]] || fail "$path tells the application: $body"
        done
    done
    has_event guard_misplaced '.detail | test("another COOKIE_PREFIX .*scripts/render-nginx .*reload nginx")'
}

@test "guard_prefix: parts of before, which do not say their cookies, are taken as they are" {
    new_user
    join_group "$name" '{staff}'
    cp "$SITE/sessiond/guard-location.conf" "$BATS_TEST_TMPDIR/now.conf"
    sed -i '/ACCESS_COOKIE/d' "$SITE/sessiond/guard-location.conf"
    kill -HUP "$(<"$SITE/site.pid")"
    wait_until 20 opens "access_token=$access"
    passes /open/ -b "access_token=$access"
    expect_equal "who is told" "$status $(told remote-user)" "200 $name"
    cp "$BATS_TEST_TMPDIR/now.conf" "$SITE/sessiond/guard-location.conf"
    kill -HUP "$(<"$SITE/site.pid")"
    refuses() { ! opens "$@"; }
    wait_until 20 refuses "access_token=$access"
}
