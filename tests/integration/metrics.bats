#!/usr/bin/env bats
# What the service tells those who watch it (GET /metrics, GET /status), that it counts what happens, and who may see it.

load lib/common
load lib/sessions

# Loopback is believed to be a proxy, so that a test can come from any address.
one_instance TRUSTED_PROXIES=127.0.0.1 STATUS_FROM=198.51.100.0/24,2001:db8::7 ACCOUNT_FREE_FAILURES=3 REFRESH_GRACE=0 \
    CHECK_WORKERS=1 CLEANUP_INTERVAL=0 ADDRESS_FREE_FAILURES=1000

# take_metrics NAME: keeps the samples under this name.
take_metrics() {
    call GET /metrics
    expect_equal "status of /metrics" "$status" 200
    grep -v '^#' <<<"$body" >"$BATS_TEST_TMPDIR/$1"
}

# difference SAMPLE: by how much it has grown from `before` to `after`.
difference() {
    local before after
    before=$(grep -F "sessiond_$1 " "$BATS_TEST_TMPDIR/before") || fail "there is no sample $1"
    after=$(grep -F "sessiond_$1 " "$BATS_TEST_TMPDIR/after") || fail "the sample $1 is gone"
    echo $((${after##* } - ${before##* }))
}

# expect_counted: reads lines `NUMBER SAMPLE`.
expect_counted() {
    local number sample
    while read -r number sample; do
        expect_equal "the growth of $sample" "$(difference "$sample")" "$number"
    done
}

@test "what clients do is counted, by route and outcome" {
    take_metrics before
    new_user
    api POST /login "$(credentials "$name" 'not the password')"
    expect_problem 401 invalid_credentials
    login "$name"
    api GET /content '' -b "access_token=$access"
    expect_success 200
    api GET /content
    expect_problem 401 unauthorized
    api POST /refresh '' -b "refresh_token=$refresh"
    expect_success 200
    api POST /refresh '' -b "refresh_token=$(printf 'A%.0s' {1..43})"
    expect_problem 401 invalid_refresh_token
    api DELETE /sessions/no-such-session/x
    expect_problem 404 not_found
    take_metrics after
    expect_counted <<'TEXT'
1 registrations_total{outcome="success"}
1 logins_total{outcome="success"}
1 logins_total{outcome="failure"}
2 sessions_opened_total
1 refreshes_total{outcome="success"}
1 refreshes_total{outcome="refused"}
0 refreshes_total{outcome="reuse"}
0 throttled_total
1 requests_total{method="POST",route="/register",code="2xx"}
1 requests_total{method="POST",route="/login",code="2xx"}
1 requests_total{method="POST",route="/login",code="4xx"}
1 requests_total{method="GET",route="/content",code="2xx"}
1 requests_total{method="GET",route="/content",code="4xx"}
1 requests_total{method="",route="",code="4xx"}
2 request_duration_seconds_count{method="GET",route="/content"}
2 request_duration_seconds_bucket{method="GET",route="/content",le="+Inf"}
3 password_hash_duration_seconds_count
3 password_queue_duration_seconds_count
0 failed_requests_total
TEXT
}

# expect_round_trips NUMBER WHAT COMMAND...: how often the command has the service ask the database.
expect_round_trips() {
    local number=$1 what=$2
    shift 2
    take_metrics before
    "$@"
    take_metrics after
    expect_equal "round trips of $what" "$(difference database_round_trips_total)" "$number"
}

# Where more are needed than before, the number here may grow, but a login keeps within six, and a refresh within two unless
# its answer was lost.
@test "the database is asked once for a check, and not more than six times for a login" {
    local known before_refresh
    new_user
    content_is 200 "$access"
    expect_round_trips 1 "a check" content_is 200 "$access"
    before_refresh=$refresh
    expect_round_trips 1 "a refresh" refreshed "$before_refresh"
    expect_round_trips 3 "a refresh whose answer was lost" refreshed "$before_refresh"
    login_of_a_stranger() {
        login "$name"
        known=$(cookie device_token)
    }
    expect_round_trips 6 "a login" login_of_a_stranger
    login_of_a_browser() {
        api POST /login "$(credentials "$name")" -b "device_token=$known; access_token=$access; refresh_token=$refresh"
        expect_success 200
    }
    expect_round_trips 5 "a login of a known browser that has a session" login_of_a_browser
    content_is 401 "$access"
    api POST /login "$(credentials "$name" 'not the password')" -b "device_token=$known"
    expect_round_trips 6 "its login after a failure" login_of_a_browser
}

@test "refused attempts and a stolen refresh token are counted" {
    local first
    take_metrics before
    new_user
    first=$refresh
    api POST /refresh '' -b "refresh_token=$first"
    expect_success 200
    api GET /content '' -b "access_token=$(cookie access_token)"
    expect_success 200
    api POST /refresh '' -b "refresh_token=$first"
    expect_problem 401 invalid_refresh_token
    while api POST /login "$(credentials "$name" 'not the password')" && [[ $status == 401 ]]; do
        :
    done
    expect_problem 429 too_many_attempts
    take_metrics after
    expect_counted <<'TEXT'
1 refreshes_total{outcome="reuse"}
0 refreshes_total{outcome="refused"}
1 throttled_total
TEXT
}

@test "the counters go on when a worker is replaced, and the places of workers say what they do" {
    local worker
    take_metrics before
    call GET /status
    expect_success 200
    expect_json '[.workers[].pool] | unique | join(" ")' 'check password write'
    worker=$(jq '.workers[] | select(.pool == "check") | .pid' <<<"$body")
    expect_equal "the worker that answers" "$(jq -r '.workers[] | select(.pool == "check") | .state' <<<"$body")" busy
    kill -KILL "$worker"
    replaced() {
        call GET /status
        [[ $status == 200 && $(jq '.workers[] | select(.pool == "check") | .pid' <<<"$body") != "$worker" ]]
    }
    wait_until 60 replaced
    expect_json '.workers[] | select(.pool == "check") | .state' busy
    expect_json '.version' "$("$ROOT/build/sessiond" -V | cut -d ' ' -f 2)"
    expect_json '.events.database_unavailable' 0
    take_metrics after
    (($(difference 'requests_total{method="GET",route="/status",code="2xx"}') >= 2)) || fail "the counters begin anew"
    expect_equal "workers that ended" "$(difference 'worker_failures_total{outcome="ended"}')" 1
    (($(difference 'database_connections_total{outcome="connected"}') >= 1)) || fail "no connection was counted"
    expect_equal "places of check workers" \
        "$(grep -F 'sessiond_workers{pool="check"' "$BATS_TEST_TMPDIR/after" | awk '{ sum += $2 } END { print sum }')" 1
}

@test "only this host and those that STATUS_FROM names may see them" {
    local path who answer
    for path in /metrics /status; do
        while read -r answer who; do
            call GET "$path" ${who:+-H "$who"}
            expect_equal "$path with $who" "$status" "$answer"
            [[ $answer == 200 ]] || expect_problem 403 status_forbidden
        done <<'TEXT'
200
403 X-Forwarded-For: 203.0.113.9
403 X-Forwarded-For: 127.0.0.1
403 Via: 1.1 somebody
403 Forwarded: for=203.0.113.9
403 X-Real-IP: 203.0.113.9
200 X-Forwarded-For: 198.51.100.77
200 X-Forwarded-For: 2001:db8::7
403 X-Forwarded-For: 2001:db8::8
403 X-Forwarded-For: 198.51.100.77, 203.0.113.9
TEXT
        call HEAD "$path"
        expect_equal "status of HEAD $path" "$status" 200
        call POST "$path"
        expect_problem 405 method_not_allowed
        call GET "$path" -H 'Host: evil.example'
        expect_problem 421 misdirected_request
    done
}

@test "the papers name all metrics, and the alerts and the dashboard none that is not there" {
    local name names
    take_metrics before
    names=$(sed -nE 's/^# TYPE (sessiond_[a-z_]+) .*/\1/p' <<<"$body" | sort)
    expect_equal "metrics of monitoring.md" \
        "$(sed -nE 's/^\| `(sessiond_[a-z_]+)` \|.*/\1/p' "$ROOT/docs/monitoring.md" | sort)" "$names"
    for name in $(grep -ohE 'sessiond_[a-z_]+' "$ROOT"/docs/monitoring/alerts.yml "$ROOT"/docs/monitoring/dashboard.json | sort -u); do
        grep -qE "^$name(\{| )" "$BATS_TEST_TMPDIR/before" || fail "there is no $name"
    done
    jq -e '.panels | length > 0' "$ROOT/docs/monitoring/dashboard.json" >/dev/null
}

# wakes PROCESS...: how often each has woken, one a line.
wakes() {
    local pid
    for pid in "$@"; do
        sed -n 's/^voluntary_ctxt_switches:\s*//p' "/proc/$pid/status"
    done
}

# A slow machine makes it fewer in the same time.
@test "without requests the master and each worker wake once a second" {
    local pids before after i started
    mapfile -t pids < <(master_pid && worker_pids | tr ' ' '\n')
    started=$SECONDS
    mapfile -t before < <(wakes "${pids[@]}")
    sleep 4
    mapfile -t after < <(wakes "${pids[@]}")
    ((${#pids[@]} >= 4 && ${#after[@]} == ${#pids[@]}))
    for i in "${!pids[@]}"; do
        ((after[i] - before[i] >= 1 && after[i] - before[i] <= SECONDS - started + 2)) ||
            fail "the process ${pids[i]} has woken $((after[i] - before[i])) times in $((SECONDS - started)) s"
    done
}
