#!/usr/bin/env bats
# Users from elsewhere: rows with hashes that other programs made log in, and get a hash of the service's own; hashes
# that would hold a worker, or are none, are refused at once and tell nobody that their user exists.

setup_file() {
    load lib/common
    stack_new
    stack_up ACCOUNT_FREE_FAILURES=0 ADDRESS_FREE_FAILURES=0
}

teardown_file() {
    load lib/common
    stack_down
}

setup() {
    load lib/common
    load lib/sessions
    KITES='purple kites'
}

after_each() {
    expect_invariants
}

# insert_user HASH: a user of this hash, as $name, and $user_id.
insert_user() {
    unique_name
    user_id=$(sql "insert into users (name, username, password_hash) values ('Ada', '$name', \$hash\$$1\$hash\$) returning user_id")
}

stored_hash() {
    sql "select password_hash from users where user_id = $user_id"
}

# logs_in_once HASH [PASSWORD]: the right password alone opens a session, and the hash is one of the service's own then.
logs_in_once() {
    local password=${2-$KITES} own
    insert_user "$1"
    api POST /login "$(credentials "$name" "$password!")"
    expect_problem 401 invalid_credentials
    expect_equal "the hash after a wrong password" "$(stored_hash)" "$1"
    api POST /login "$(credentials "$name" "$password")"
    expect_success 200 || fail "$1"
    own=$(stored_hash)
    # shellcheck disable=SC2016
    expect_match "the hash after the login" "$own" '^\$argon2id\$v=19\$'
    api POST /login "$(credentials "$name" "$password")"
    expect_success 200 || fail "$1, the second time"
    expect_equal "the hash after the second login" "$(stored_hash)" "$own"
    api POST /login "$(credentials "$name" "$password!")"
    expect_problem 401 invalid_credentials
}

# Those of the unit tests, which say how each was made.
# shellcheck disable=SC2016
@test "hashes of htpasswd, crypt, PHP and Django log in, and become argon2id" {
    local hash hashes=(
        '$2y$05$I73yBNTQvOBRRJGBi4QC2OaR5GCWrHCC4BfjxHIAguGHqX5NDXu.e'
        '$2b$05$6zEAOhWHEn148P4IGCS2QOMyzw5F6DigqzSeatZBEdT/EDhIsCa7K'
        '$2a$05$5TFGp6kYsiCT5VRcY5Txi.VldAjLVKRq2uuo2H0jq80eLHmJOSZnm'
        '$apr1$X/tQYElU$/0GC6.XaP2j33Y2IiDgxj.'
        '{SHA}d72SaBDZNXHrWd1PikmO2V4dMMs='
        '$1$Z0.4gKS/$LyDDF3naTrL98Mc4M7Rbp/'
        '$5$3mwa1stkN9tVoP/7$ad94wkXhKusvpOOvUkMOxGEE7sBv/MnCudy4qNs7fwB'
        '$6$wpYnGDEEJFELrA32$2rdht0a1E5P9zVVRi3FudxbLAkrmMh5YvsPhnGxSN2qOWnvpfnHcTDkmH5YBTQdnatvoiiBUvkhMkQm.BIIep/'
        '$y$j9T$eAHHQxDnd9fyPIb5kTY7n1$5AoP1iP3ixF8PfsFHkCc3h1mfbiPW1koyIjB/Fp6xH7'
        'pbkdf2_sha256$1000$8Zz2N7533GnskvtaByyRl6$tybUiJIHpbT46Lo43EdQKVKIIaDMg+s23EHK+8K809g='
        '$argon2i$v=19$m=64,t=2,p=1$MVE0Mm1McEVha0ZlVmxRRQ$eXaWf14pdzLzMiDK/gEp9a8IDYlseV4esgNeUV3bBIc'
        '$argon2d$v=16$m=64,t=2,p=1$c29tZXNhbHQ$is1ZX5CowrWL2zVQwsZEPv9YH2kjmXG8'
    )
    for hash in "${hashes[@]}"; do
        logs_in_once "$hash"
    done
}

@test "what the htpasswd of this machine makes logs in" {
    local kind
    for kind in -B -m -s -5; do
        logs_in_once "$(htpasswd -nb "$kind" u "$KITES" | sed -n 's/^u://p')"
    done
}

# answer: the problem without what differs in each.
answer() {
    jq -S 'del(.request_id)' <<<"$body"
}

# guess_in_vain HASH REASON: a login is refused as that of nobody, in bounded time, and the log says why.
guess_in_vain() {
    local nobody
    insert_user "$1"
    api POST /login "$(credentials "nobody.$name" "$KITES")"
    expect_problem 401 invalid_credentials
    nobody=$(answer)
    api POST /login "$(credentials "$name" "$KITES")" --max-time 5
    expect_problem 401 invalid_credentials || fail "$1"
    expect_equal "the answer" "$(answer)" "$nobody"
    expect_events password_hash_unusable 1 ".user_id == \"$user_id\" and (.detail | contains(\"$2\"))" || fail "$1"
}

# shellcheck disable=SC2016
@test "hashes that would take a worker for long, and what is no hash, are refused at once" {
    guess_in_vain '$2y$31$AAAAAAAAAAAAAAAAAAAAAuAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.' 'the cost is 31, and 14 is the most'
    guess_in_vain "\$6\$rounds=999999999\$abcdefgh\$$(printf 'A%.0s' {1..86})" 'the number of rounds is 999999999'
    guess_in_vain "\$y\$jST\$abcd\$$(printf 'A%.0s' {1..43})" 'the memory in KiB is'
    guess_in_vain 'pbkdf2_sha256$1000000000$salt$HSey7FcngjryI6f8CQJjaBj6gqHKJRKhLOjPpBahUUY=' 'is 1000000000'
    guess_in_vain '$argon2i$v=19$m=4194304,t=1,p=1$c29tZXNhbHQ$is1ZX5CowrWL2zVQwsZEPv9YH2kjmXG8' 'costs too much'
    guess_in_vain '*' 'locked'
    guess_in_vain '!' 'locked'
    guess_in_vain '' 'no hash'
    guess_in_vain 'wV4cnn6t7kffk' 'first eight characters'
    guess_in_vain "$(printf '\xd0\xbf%.0s' {1..50000})" 'begins with none of'
}
