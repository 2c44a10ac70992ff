#!/usr/bin/env bats
# Records sent straight to the sockets of the workers, past nginx: whatever they are, the worker lives, frees itself,
# and takes nothing for a request that is none. The bytes stand in lib/fcgi_client.py, by the names used here.

load lib/common
one_instance CHECK_WORKERS=1

setup() {
    SOCKET=$(socket_of check)
    workers=$(worker_pids)
}

fcgi() {
    "$PYTHON" "$LIB/fcgi_client.py" "$@"
}

# Reads "CASE|OUTCOME" lines. The cases run at once; when they cost a worker they run again one by one, to name the one
# that did it.
expect_cases() {
    local rows row name wrong=0 seen=0
    declare -A expected=()
    mapfile -t rows
    for row in "${rows[@]}"; do
        expected[${row%%|*}]=${row#*|}
    done
    while read -r name row; do
        if [[ $row != "${expected[$name]}" ]]; then
            printf '%s: %s, expected %s\n' "$name" "$row" "${expected[$name]}"
            wrong=1
        fi
        seen=$((seen + 1))
    done < <(fcgi "$SOCKET" "${!expected[@]}")
    if [[ $(worker_pids) != "$workers" ]]; then
        wrong=1
        for name in "${!expected[@]}"; do
            workers=$(worker_pids)
            fcgi "$SOCKET" "$name"
            wait_until 5 expect_same_workers >/dev/null || printf '%s: a worker was replaced\n' "$name"
        done
    fi
    api GET /health
    expect_success 200
    ((wrong == 0 && seen == ${#rows[@]}))
}

@test "fastcgi: valid requests in every cut are served" {
    expect_cases <<'EOR'
valid|200
valid-1-byte-records|200
valid-1-byte-records-padded|200
valid-padding-255|200
valid-other-id|200
valid-body-1-byte-records|400 invalid_request
EOR
    expect_equal in-pieces "$(fcgi "$SOCKET" in-pieces)" 200
}

@test "fastcgi: requests that never become whole are closed" {
    expect_cases <<'EOR'
one-byte|closed
seven-bytes|closed
begin-only|closed
half-params|closed
no-stdin|closed
stdin-never-ends|closed
EOR
}

# Padding of the record that ends a stream is allowed by the specification, but libfcgi takes it for the next record.
@test "fastcgi: wrong versions, types and orders are refused, and what libfcgi would misread" {
    expect_cases <<'EOR'
padded-ends|closed
version-2|closed
version-2-later|closed
unknown-type|closed
unknown-type-later|closed
abort-first|closed
abort-after-begin|closed
abort-after-params|closed
params-first|closed
stdin-first|closed
garbage|closed
EOR
}

# Where the specification has END_REQUEST (unknown role, cannot multiplex), the connection ends without it.
@test "fastcgi: other roles, doubled beginnings and strange ids are refused" {
    expect_cases <<'EOR'
role-99|closed
role-0|closed
filter|closed
begin-twice|closed
begin-same-id-twice|closed
begin-short|closed
request-id-0|closed
foreign-id-params|closed
foreign-id-records|closed
EOR
}

# Servers end the empty STDIN of such a request, leave it out, or send the beginning of the body of the page. Whatever
# it is, nothing after the parameters is read as a request.
@test "fastcgi: a question of the role Authorizer is whole without a body, and is never routed by the path of its page" {
    expect_cases <<'EOR'
authorizer|401 unauthorized
authorizer-without-stdin|401 unauthorized
authorizer-1-byte-records|401 unauthorized
authorizer-with-a-body|401 unauthorized
authorizer-with-half-a-body|401 unauthorized
authorizer-with-a-request|401 unauthorized
authorizer-of-a-form|401 unauthorized
authorizer-of-a-route|401 unauthorized
authorizer-of-no-route|401 unauthorized
authorizer-without-a-statement|500 internal_error
authorizer-without-params|500 internal_error
authorizer-half-params|closed
authorizer-begin-twice|closed
EOR
    expect_equal "on a connection to be kept" "$(fcgi "$SOCKET" asked-and-closed)" '401 unauthorized, closed'
    expect_same_workers
}

@test "fastcgi: lengths that lie are refused" {
    expect_cases <<'EOR'
name-length-huge|closed
name-length-wraps|closed
name-length-past-record|closed
name-length-cut|closed
value-length-missing|closed
EOR
}

@test "fastcgi: management records never reach the library" {
    expect_cases <<'EOR'
get-values-1|closed
get-values-3|closed
get-values-5|closed
get-values-50|closed
get-values-inside|closed
EOR
}

@test "fastcgi: what is too much is refused, in bounded memory" {
    expect_cases <<'EOR'
params-100000|closed
param-10-megabytes|closed
stdin-10-megabytes|closed
EOR
    if grep -qF __asan_init "$BIN"; then
        return # the sanitizer's own memory would be counted
    fi
    local pid peak
    for pid in $workers; do
        peak=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")
        ((peak < 65536)) || fail "worker $pid has used $peak KiB"
    done
}

@test "fastcgi: a body that is not as long as it says is 400" {
    expect_cases <<'EOR'
length-longer-than-body|400 invalid_content_length
length-shorter-than-body|400 invalid_content_length
length-absent|400 invalid_content_length
length-word|400 invalid_content_length
length-negative|400 invalid_content_length
length-plus|400 invalid_content_length
length-exponent|400 invalid_content_length
length-2-to-64|400 invalid_content_length
length-2-to-63|400 invalid_content_length
length-space|400 invalid_content_length
length-over-the-cap|413 payload_too_large
EOR
}

# A name or value ends at its first NUL, as libfcgi hands out C strings; of a parameter given twice the first counts;
# what is missing is empty.
@test "fastcgi: strange parameters give no way in" {
    expect_cases <<'EOR'
nul-in-name|200
nul-in-value|200
nul-in-method|200
nul-in-path|404 not_found
no-method|405 method_not_allowed
no-path|404 not_found
no-params|404 not_found
double-method|200
equals-in-name|200
long-method|405 method_not_allowed
long-path|404 not_found
EOR
}

@test "fastcgi: a second parameter of cookies counts beside the first" {
    new_user
    expect_equal "alone, and beside" "$(fcgi "$SOCKET" two-cookies "$access")" '200, 200'
}

@test "fastcgi: silent and half-sent connections pin no worker and burn no processor" {
    local before after
    before=$(ticks)
    expect_equal outcome "$(fcgi "$SOCKET" silent)" '200 quick, parts: closed'
    after=$(ticks)
    ((after - before < 100)) || fail "the workers used $((after - before)) ticks while they waited"
    expect_equal outcome "$(fcgi "$(socket_of password)" silent)" '200 quick, parts: closed'
    expect_same_workers
}

# The processor time of all workers, in ticks of 10 ms.
ticks() {
    local pid stat sum=0
    for pid in $workers; do
        stat=$(cat "/proc/$pid/stat")
        # shellcheck disable=SC2086
        set -- ${stat##*) }
        sum=$((sum + ${12} + ${13}))
    done
    echo "$sum"
}

@test "fastcgi: a kept connection serves many requests, each with its own answer" {
    expect_equal outcome "$(fcgi "$SOCKET" kept)" right
    expect_same_workers
}

@test "fastcgi: a body that nobody reads is never taken for a request" {
    local size
    for size in 1 3000 8192 8193 60000; do
        expect_equal "size $size" "$(fcgi "$SOCKET" unread "$size")" '200, 404 not_found own, 200'
    done
    expect_same_workers
}

# A web server sends the next request when it has the answer; what comes before is more than one whole request.
@test "fastcgi: two requests in one write are refused, never mixed" {
    expect_equal outcome "$(fcgi "$SOCKET" together)" 'closed, closed'
    expect_same_workers
}

# As many as nginx keeps open when it has many processes. A new one of the guard must not have to wait for their end.
@test "fastcgi: idle connections above the limit give way to new ones" {
    expect_equal outcome "$(fcgi "$SOCKET" crowd)" '700 kept: 200 only, and the last is open'
    expect_same_workers
}

@test "fastcgi: a kept connection on which the next request has come is no idle one" {
    expect_equal outcomes "$(fcgi "$SOCKET" crowd-asks "$(pool_pids check)")" 200
    expect_same_workers
}

@test "fastcgi: peers that leave do no harm" {
    expect_equal outcome "$(fcgi "$SOCKET" leaves)" 200
    expect_same_workers
}

@test "fastcgi: a committed change stays when the peer has left" {
    new_user
    fcgi "$(socket_of write)" logout-and-leave "$refresh"
    wait_until 10 content_is 401 "$access"
    sql_is "select count(*) from sessions where session_id = $session_id and revoked_at is not null" 1
    expect_same_workers
}

@test "fastcgi: every socket is 0660, and other users are refused" {
    local pool group mode
    for pool in check write password; do
        mode=$(stat -c %a "$(socket_of "$pool")")
        expect_equal "mode of $pool" "$mode" 660
    done
    ((EUID == 0)) || skip "needs root to become another user"
    group=$(stat -c %g "$SOCKET")
    expect_equal "another user" "$(fcgi "$SOCKET" other-user 1 1)" refused
    # The peer is told by its user: the file's mode lets this one in, the worker does not. The one of nginx is served.
    expect_equal "another user of the socket's group" "$(fcgi "$SOCKET" other-user 1 "$group")" closed
    expect_equal "nginx's user" "$(fcgi "$SOCKET" other-user "$(id -u www-data)" "$(id -g www-data)")" 200
    expect_same_workers
}
