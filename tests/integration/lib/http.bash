# shellcheck shell=bash
# Requests to the instance under test and questions about the answer. `call` and `api` leave the answer in
# $status, $body and the header file; the expect_ functions fail the test and print the whole answer.

# The headers of the last answer: by name in small letters, several values of one name on lines of their own.
declare -gA HEADERS=()

# call METHOD PATH [CURL-OPTION...]: one request; sets status, body and the headers.
call() {
    local method=$1 path=$2 how=(-X "$1")
    shift 2
    ANSWER=${BATS_TEST_TMPDIR:-${BATS_FILE_TMPDIR:-/tmp}}/answer
    REQUEST="$method $path $*"
    [[ $method == HEAD ]] && how=(-I)
    : >"$ANSWER.headers"
    : >"$ANSWER.body"
    status=$(curl -sS --path-as-is --max-time 60 -H 'Expect:' "${how[@]}" "$@" -o "$ANSWER.body" -D "$ANSWER.headers" \
        -w '%{http_code}' "http://127.0.0.1:$PORT$path") || status="curl failed ($?)"
    read_answer
    if [[ $method == HEAD ]]; then
        body=
    fi
}

# Takes the files of an answer into body and HEADERS, without starting a process: tests do this a thousand times.
read_answer() {
    local line name
    HEADERS=()
    while IFS= read -r line; do
        line=${line%$'\r'}
        [[ $line == *:* ]] || continue
        name=${line%%:*}
        name=${name,,}
        line=${line#*:}
        line=${line# }
        HEADERS[$name]=${HEADERS[$name]+${HEADERS[$name]}$'\n'}$line
    done <"$ANSWER.headers"
    { body=$(<"$ANSWER.body"); } 2>/dev/null # of NUL bytes, which a variable cannot hold, bash warns
    BODY_SIZE=$(stat -c %s "$ANSWER.body")
}

# api METHOD PATH [JSON [CURL-OPTION...]]: a call with a JSON body, when it is not empty.
api() {
    local method=$1 path=$2 json=${3-}
    shift $(($# < 3 ? $# : 3))
    if [[ -n $json ]]; then
        call "$method" "$path" -H 'Content-Type: application/json' --data-binary "$json" "$@"
    else
        call "$method" "$path" "$@"
    fi
}

show_answer() {
    printf -- '--- %s\n--- answered %s\n' "${REQUEST-}" "${status-}"
    cat "$ANSWER.headers"
    printf '%s\n---\n' "${body-}"
}

# header NAME: the values of this header, one a line.
header() {
    printf '%s\n' "${HEADERS[${1,,}]-}"
}

# cookie NAME: the value that the answer sets.   cookie_line NAME: the whole Set-Cookie value.
cookie() {
    local line
    line=$(cookie_line "$1")
    line=${line#*=}
    printf '%s\n' "${line%%;*}"
}

cookie_line() {
    local line
    while IFS= read -r line; do
        if [[ $line == "$1="* ]]; then
            printf '%s\n' "$line"
        fi
    done <<<"${HEADERS[set-cookie]-}"
}

# json FILTER: jq over the body.
json() {
    jq -r "$1" <<<"$body"
}

expect_status() {
    [[ $status == "$1" ]] || { show_answer; fail "status $status, expected $1"; }
}

# expect_json FILTER EXPECTED
expect_json() {
    local actual
    actual=$(json "$1" 2>&1) || true
    [[ $actual == "$2" ]] || { show_answer; fail "$1 is '$actual', expected '$2'"; }
}

# expect_header NAME EXPECTED: exactly one header of this name with this value ('' = absent).
expect_header() {
    [[ ${HEADERS[${1,,}]-} == "$2" ]] || { show_answer; fail "header $1 is '${HEADERS[${1,,}]-}', expected '$2'"; }
}

expect_header_match() {
    [[ ${HEADERS[${1,,}]-} =~ $2 ]] || { show_answer; fail "header $1 is '${HEADERS[${1,,}]-}', expected it to match '$2'"; }
}

# The headers that every answer carries, whoever made it.
expect_common_headers() {
    expect_header_match X-Request-Id '^[0-9a-f]{32}$' &&
        expect_header Cache-Control no-store &&
        expect_header X-Content-Type-Options nosniff &&
        expect_header Referrer-Policy no-referrer &&
        expect_header Vary Origin &&
        expect_header Transfer-Encoding ''
}

# expect_problem STATUS CODE: the whole shape of an error.
expect_problem() {
    expect_status "$1" &&
        expect_header_match Content-Type '^application/problem\+json(; *charset=utf-8)?$' &&
        expect_header Content-Length "$BODY_SIZE" &&
        expect_json '[.type, .status, .code, .request_id, ((.title, .detail) | type == "string" and length > 0),
            ((keys - ["type","title","status","code","detail","errors","redirect","request_id"]) | length)] | join(" ")' \
            "about:blank $1 $2 ${HEADERS[x-request-id]-} true true 0" &&
        expect_common_headers
}

# expect_field FIELD CODE: an invalid_request that names this field with this code.
expect_field() {
    expect_problem 400 invalid_request &&
        expect_json "([.errors[] | select(.field == \"$1\") | .code] | join(\",\")) + \" \" +
            ([.errors[] | (.detail | type) == \"string\" and .detail != \"\"] | all | tostring)" "$2 true"
}

expect_success() {
    expect_status "$1" &&
        expect_header_match Content-Type '^application/json(; *charset=utf-8)?$' &&
        expect_header Content-Length "$BODY_SIZE" &&
        expect_json type object &&
        expect_common_headers
}

# expect_small_page STATUS TEXT: a page that stands alone: its look is within, and nothing else is loaded or run.
expect_small_page() {
    local hash
    expect_status "$1" && expect_header Content-Type 'text/html; charset=utf-8' && expect_common_headers && expect_match text "$body" "$2" || return 1
    hash=$(sed -n '/<style>/,/<\/style>/p' <<<"$body" | sed 's/.*<style>//; s/<\/style>.*//' | head -c -1 | openssl dgst -sha256 -binary | base64)
    expect_header Content-Security-Policy "default-src 'none'; style-src 'sha256-$hash'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'" &&
        expect_equal 'scripts, images and links to files' "$(grep -ciE '<script|<img|<link|url\(|@import' <<<"$body")" 0
}

# Both cookies are cleared with the attributes they were set with.
expect_cookies_cleared() {
    local name line
    for name in access_token refresh_token; do
        line=$(cookie_line "$name")
        expect_match "cleared $name" "$line" "^$name=(\"\")?;" || { show_answer; return 1; }
        expect_match "cleared $name" "$line" '; *Max-Age=0(;|$)' || { show_answer; return 1; }
        expect_match "cleared $name" "$line" '; *Path=/(;|$)' || return 1
    done
}

expect_no_cookies() {
    expect_header Set-Cookie ''
}

# unique_name: a username that no other test has, in $name.
unique_name() {
    name="u$$.$RANDOM$RANDOM"
}

# Takes over the session that the answer opened: access, refresh, both (curl options), user_id, session_id.
keep_session() {
    access=$(cookie access_token)
    refresh=$(cookie refresh_token)
    both=(-b "access_token=$access; refresh_token=$refresh")
    read -r user_id session_id < <(json '"\(.user.id) \(.session.id)"')
}

credentials() {
    jq -cn --arg u "$1" --arg p "${2-$PASSWORD}" '{username: $u, password: $p}'
}

registration() {
    jq -cn --arg u "$1" --arg p "${2-$PASSWORD}" '{name: "Test User", username: $u, password: $p}'
}

# new_user [NAME]: registers an account and keeps its session.
new_user() {
    unique_name
    name=${1-$name}
    api POST /register "$(registration "$name")"
    expect_status 201 || return 1
    keep_session
}

# login NAME [PASSWORD [CURL-OPTION...]]: logs in and keeps the session.
login() {
    local account=$1 password=${2-$PASSWORD}
    shift $(($# < 2 ? $# : 2))
    api POST /login "$(credentials "$account" "$password")" "$@"
    expect_status 200 || return 1
    keep_session
}

# content_is STATUS ACCESS_TOKEN
content_is() {
    api GET /content '' -b "access_token=$2"
    expect_status "$1"
}

# raw [FILE]: sends the bytes on stdin as they are; sets status, body and headers like `call`.
raw() {
    ANSWER=${BATS_TEST_TMPDIR:-${BATS_FILE_TMPDIR:-/tmp}}/answer
    REQUEST='raw bytes'
    status=$("$PYTHON" "$LIB/raw_http.py" "$PORT" "$ANSWER" "$@") || status="raw client failed ($?)"
    read_answer
}
