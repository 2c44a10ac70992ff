# shellcheck shell=bash
# The load of lib/load.py: started and ended in the background of a test, and what it was told held against the
# database.

# load_start THREADS: in the background; returns when it runs well.
load_start() {
    LOAD=$(mktemp -d "$STACK/load.XXXXXX")
    "$PYTHON" "$LIB/load.py" "$PORT" "$1" "$LOAD" >"$LOAD/result.log" 2>&1 </dev/null 3>&- 4>&- &
    LOAD_PID=$!
    load_answers 100
}

load_count() {
    cat "$LOAD/count" 2>/dev/null || echo 0
}

# load_answers NUMBER: returns when so many more answers have come.
load_answers() {
    local wanted
    wanted=$(($(load_count) + $1))
    wait_until 90 load_has_reached "$wanted"
}

load_has_reached() {
    dead "$LOAD_PID" || (($(load_count) >= $1))
}

# load_end: waits for its end; nothing may be broken, and every status must be one of those given.
load_end() {
    wait_until 120 dead "$LOAD_PID"
    RESULT=$(cat "$LOAD/result.log")
    echo "statuses: $(jq -c .statuses <<<"$RESULT")"
    expect_equal "what is broken" "$(jq -c '.broken[:10]' <<<"$RESULT")" '[]'
    expect_equal "other statuses" "$(jq -c '.statuses | keys - ["200", "201", "401", "409", "503"]' <<<"$RESULT")" '[]'
}

load_stop() {
    touch "$LOAD/stop"
    load_end
}

# Every change that the load was told of is in the database.
expect_acknowledged() {
    local query
    query=$(jq -r '
        "select count(*) from unnest(array[" + (.users | map("\u0027" + . + "\u0027") | join(",")) + "]::text[]) n
           where not exists (select from users where username = n);
         select count(*) from unnest(array[" + (.revoked | join(",")) + "]::bigint[]) n
           where exists (select from sessions where session_id = n and revoked_at is null);
         select count(*) from (values (0, null::text)" +
            (.current | map(",(" + .[0] + ",\u0027" + .[1] + "\u0027)") | join("")) + ") as v (id, hash)
           where id > 0 and not exists (select from sessions where session_id = id
             and encode(refresh_token_hash, \u0027hex\u0027) = hash);"' <<<"$RESULT")
    expect_equal "acknowledged users, revocations and rotations that are missing" \
        "$("$ROOT/scripts/psql" -X -q -At <<<"$query" | paste -sd ' ')" '0 0 0'
    (($(jq '.users + .revoked + .current | length' <<<"$RESULT") > 20)) || fail "the load has done next to nothing"
    expect_invariants
}

# Each access token that the load was given is answered as it must be: what was ended is not alive again.
expect_tokens() {
    expect_equal "access tokens that are answered otherwise" "$("$PYTHON" "$LIB/ask_tokens.py" "$PORT" "$LOAD/tokens")" ''
}
