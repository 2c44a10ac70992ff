# shellcheck shell=bash
# Visits to the applications in the box, as a browser or as a program, and what is expected of them. $APP is the
# application, $JAR the browser's cookies. Needs http.bash of the integration tests.

# visit URL [CURL-OPTION...]: as a browser that goes to a page, with the cookies of $JAR, in the box.
visit() {
    local url=$1
    shift
    ANSWER=$BATS_TEST_TMPDIR/answer
    REQUEST="visit $url $*"
    : >"$ANSWER.body"
    status=$(box curl -sSk --max-time 60 --resolve '*:443:127.0.0.1' -H "Accept: ${ACCEPT-text/html}" \
        -b "$JAR" -c "$JAR" "$@" -o "$ANSWER.body" -D "$ANSWER.headers" -w '%{http_code}' "$url") ||
        status="curl failed ($?)"
    read_answer
}

visit_is() {
    local JAR=/dev/null BATS_TEST_TMPDIR=${BATS_TEST_TMPDIR:-$STACK} status
    visit "$2" && [[ $status == "$1" ]]
}

# page PATH [CURL-OPTION...]: a visit to the application $APP.
page() {
    local path=$1
    shift
    visit "https://$APP.example.org$path" "$@"
}

# ask PATH [CURL-OPTION...]: the same as a program.
ask() {
    local ACCEPT='*/*'
    page "$@"
}

# sign_in USER: with the cookies of $JAR, whoever was signed in there.
sign_in() {
    visit https://auth.example.org/login -H 'Content-Type: application/json' --data-binary "$(credentials "$1")"
    expect_status 200
}

# join USER GROUP...: from now on the user is in these groups.
join() {
    sql "update users set groups = '{$(IFS=, && echo "${*:2}")}' where username = '$1'"
}

# link REGEX: prints the first that the page has of these.
link() {
    grep -oE "$1" "$ANSWER.body" | head -n 1 | sed 's/&amp;/\&/g'
}

# Whoever has no session.
nobody() {
    JAR=$(mktemp "$BATS_TEST_TMPDIR/jar.XXXXXX")
}

# The address of the page of $APP, as an address carries it.
encoded() {
    jq -rn --arg address "https://$APP.example.org$1" '$address | @uri'
}

# --- what is expected -----------------------------------------------------------------------------------------------

expect_body() {
    [[ $body == *"$1"* ]] || { show_answer | head -c 20000 && fail "the page does not show '$1'"; }
}

expect_not_in_body() {
    [[ $body != *"$1"* ]] || fail "the page shows '$1'"
}

# What clients say of themselves, under the names by which applications are told.
CLAIMS=(-H 'Remote-User: mallory' -H 'Remote_User: mallory' -H 'X-Remote-User: mallory' -H 'X-WebAuth-User: mallory'
    -H 'X-Forwarded-User: mallory' -H 'X-Auth-Request-User: mallory')

# expect_led PATH: the visit was led to the login, and from there back.
expect_led() {
    expect_status 302 && expect_header Location "https://auth.example.org/login?rd=$(encoded "$1")"
}

# expect_guarded PATH: without a session nobody gets in, whatever they claim: pages lead to the login, programs get an
# error.
expect_guarded() {
    nobody
    page "$1"
    expect_led "$1" && expect_closed "$1"
}

# expect_closed PATH...: programs without a session do not get in, whatever they claim.
expect_closed() {
    local path
    nobody
    for path in "$@"; do
        ask "$path" "${CLAIMS[@]}"
        [[ $status == @(401|403) ]] || { show_answer && fail "$path is open"; } || return 1
        ask "$path" -u mallory:x
        [[ $status == @(401|403) ]] || { show_answer && fail "$path is open for a name without a session"; } || return 1
    done
}

# expect_shut PATH...: whoever is signed in does not get in either.
expect_shut() {
    local path
    for path in "$@"; do
        page "$path"
        expect_status 403 || return 1
    done
}

# expect_shown PATH ADA MALLORY: the page shows who is signed in by these words; a claim is refused; whoever signs in
# next at the same browser is shown then.
expect_shown() {
    nobody
    sign_in ada
    page "$1"
    expect_status 200 && expect_body "$2" && expect_not_in_body "$3" || return 1
    page "$1" "${CLAIMS[@]}"
    expect_status 403 && expect_not_in_body "$3" || return 1
    page "$1" -u mallory:x
    expect_status 403 || return 1
    sign_in mallory
    page "$1"
    expect_status 200 && expect_body "$3" && expect_not_in_body "$2"
}

# expect_no_double PATH WORDS: nobody whose name the application might take for ada's is shown these words.
expect_no_double() {
    local name
    for name in ada_ ada. ada+ ada- ada@example.org; do
        sign_in "$name"
        page "$1"
        expect_not_in_body "$2" || return 1
    done
}

# The address to which the application's sign-out leads.
way_out() {
    echo "https://auth.example.org/logout?rd=$(encoded /)"
}

# expect_out PATH: does what the page of the login does then, which leads back to the application; afterwards nobody is
# signed in.
expect_out() {
    visit "$(way_out)"
    expect_status 200 || return 1
    visit https://auth.example.org/logout -H 'Content-Type: application/json' \
        --data-binary "{\"redirect\":\"https://$APP.example.org/\"}"
    expect_status 200 && expect_json .redirect "https://$APP.example.org/" || return 1
    page "$1"
    expect_led "$1"
}
