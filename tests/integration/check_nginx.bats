#!/usr/bin/env bats
# What is found in real configurations: those of tests/integration/nginx/, as a real nginx prints them. There, a comment
# `# finds: RULE...` names what must be found in its line, and nothing else may be.

setup_file() {
    load lib/common
    stack_new
    mkdir "$STACK/site"
    "${CLEAN[@]}" GUARD_GROUPS=staff,wheel "$ROOT/scripts/render-nginx" "$STACK/site" >"$STACK/render.log" 2>&1
    cp -r /etc/nginx/{snippets,fastcgi.conf,fastcgi_params,uwsgi_params,proxy_params} "$STACK/site/"
}

teardown_file() {
    load lib/common
    rm -rf "$STACK"
}

setup() {
    load lib/common
    CHECK=("${CLEAN[@]}" "$CTL" -f /dev/null check-nginx)
    CASES=$ROOT/tests/integration/nginx
}

# printed FILE: what nginx -T prints for an nginx whose block http is in the file, with the service's parts.
printed() {
    cat >"$STACK/site/nginx.conf" <<TEXT
pid "$STACK/nginx.pid";
events {}
http {
    include sessiond/http.conf;
    include "$1";
}
TEXT
    nginx -T -q -p "$STACK/site" -e "$STACK/error.log" -c "$STACK/site/nginx.conf" 2>"$STACK/nginx.err" ||
        fail "nginx does not take $1: $(<"$STACK/nginx.err")"
}

# check FILE: its findings in $found as `LINE RULE`, and the exit status in $status.
check() {
    status=0
    printed "$1" >"$STACK/printed"
    "${CHECK[@]}" - <"$STACK/printed" >"$STACK/found" || status=$?
    found=$(awk -F '\t' -v "file=$1" 'NF > 1 { print ($3 == file ? "" : $3 ":") $4, $2 }' "$STACK/found" | sort)
}

# wanted FILE: what its comments name, in the same form.
wanted() {
    awk -F '# finds: ' 'NF == 2 { count = split($2, rules, " "); for (i = 1; i <= count; i++) print NR, rules[i] }' "$1" | sort
}

# expect_refused WORDS: standard input is nothing that can be checked, with these words.
expect_refused() {
    status=0
    "${CHECK[@]}" - >"$STACK/found" 2>"$STACK/fault" || status=$?
    expect_equal status "$status" 3
    expect_match fault "$(<"$STACK/fault")" "$1"
    expect_equal findings "$(<"$STACK/found")" ''
}

@test "check-nginx: finds nothing in right configurations of known applications" {
    local file
    for file in "$CASES"/*.right.conf; do
        check "$file"
        expect_equal "$file" "$found" ''
        expect_equal "status of $file" "$status" 0
    done
}

@test "check-nginx: finds what is wrong in others, in its line, and nothing else" {
    local file
    for file in "$CASES"/*.wrong.conf; do
        check "$file"
        expect_equal "$file" "$(sort -u <<<"$found")" "$(wanted "$file")"
        expect_equal "status of $file" "$status" 2
    done
}

@test "check-nginx: finds nothing in the snippets of the papers" {
    local file count=0
    mkdir "$STACK/snippets"
    "$PYTHON" "$LIB/nginx_snippets.py" "$ROOT" "$STACK/snippets"
    for file in "$STACK"/snippets/*.snippet; do
        check "$file"
        expect_equal "$file" "$found" ''
        count=$((count + 1))
    done
    ((count >= 13)) || fail "only $count snippets were found"
}

@test "check-nginx: finds nothing in the configuration of scripts/run, with proxies and groups too" {
    local settings run=$STACK/run
    for settings in LOGIN_RATE=5 "TRUSTED_PROXIES=192.0.2.7,unix: GUARD_GROUPS=staff"; do
        mkdir -p "$run/sockets" "$run/log"
        # shellcheck disable=SC2086 # several settings
        "${CLEAN[@]}" RUN_DIR="$run" PORT="$PORT" env $settings "$ROOT/scripts/render-nginx" >"$STACK/render.log" 2>&1 ||
            fail "$(<"$STACK/render.log")"
        nginx -T -q -p "$run/nginx" -e "$run/log/nginx.log" -c "$run/nginx/nginx.conf" >"$STACK/printed"
        "${CHECK[@]}" - <"$STACK/printed" || fail "$settings"
    done
}

@test "check-nginx: warnings alone are 1, and what nginx says before the text is passed over" {
    printf 'server { listen 8081; include sessiond/guard-location.conf;
        location / { include sessiond/guard.conf; proxy_pass http://192.0.2.1; } }' >"$STACK/warning.conf"
    check "$STACK/warning.conf"
    expect_equal status "$status" 1
    expect_equal found "$found" '2 open-port'
    { echo 'nginx: the configuration file nginx.conf syntax is ok' && cat "$STACK/printed"; } >"$STACK/both"
    status=0
    "${CHECK[@]}" - <"$STACK/both" || status=$?
    expect_equal status "$status" 1
}

@test "check-nginx: says that it has found nothing, and how many locations it has found guarded" {
    cat >"$STACK/two.conf" <<'TEXT'
server {
    listen 127.0.0.1:8999;
    include sessiond/guard-location.conf;
    location / { root /srv/open; }
    location /staff/ { root /srv/site; include sessiond/group/staff.conf; }
    location /wheel/ { root /srv/site; include sessiond/group/wheel.conf; }
}
TEXT
    check "$STACK/two.conf"
    expect_match "of two locations" "$(<"$STACK/found")" '^[0-9]+ rules found nothing; guarded locations: 2$'
    sed -i '/group\|guard-location/d' "$STACK/two.conf"
    check "$STACK/two.conf"
    expect_match "of none" "$(<"$STACK/found")" 'guarded locations: 0$'
    expect_equal "as JSON" "$("${CHECK[@]}" - --json <"$STACK/printed")" '[]'
    expect_equal "as a list" "$("${CHECK[@]}" - --id-only <"$STACK/printed")" ''
}

@test "check-nginx: what is no output of nginx, or only a part of it, is 3 with the reason" {
    printed "$CASES/node.right.conf" >"$STACK/printed"
    expect_refused 'not the output of nginx -T' </dev/null
    expect_refused 'not the output of nginx -T' <"$CASES/node.right.conf"
    expect_refused 'zero byte' < <(cat "$STACK/printed" /bin/true)
    expect_refused 'Is a directory' <"$STACK"
    expect_refused 'more than 32 MiB' < <(head -c 100000000 /dev/zero | tr '\0' a)
    expect_refused 'nginx.conf:[0-9]+: includes .*which is not in the text' < <(head -n 5 "$STACK/printed" && echo '}')
    expect_refused 'no file includes this; is there a comment' < <(
        cat "$STACK/printed" && printf '# configuration file /etc/nginx/sites-available/app:\nserver { }\n')
    expect_refused 'has no .}.*whole' < <(head -n 4 "$STACK/printed")
    expect_refused 'has no end' < <(head -c "$(($(stat -c %s "$STACK/printed") - 20))" "$STACK/printed" | sed '$s/.$/"/')
}

@test "check-nginx: runs nginx -T by itself, with no other argument, and says what it says when it fails" {
    mkdir -p "$STACK/bin"
    check "$CASES/django.wrong.conf"
    # shellcheck disable=SC2016 # the script expands it
    printf '#!/bin/sh\necho "$#:$*" >"%s"\ncat "%s"\n' "$STACK/arguments" "$STACK/printed" >"$STACK/bin/nginx"
    chmod +x "$STACK/bin/nginx"
    status=0
    PATH=$STACK/bin:$PATH "${CHECK[@]}" >"$STACK/own" || status=$?
    expect_equal status "$status" 2
    cmp "$STACK/own" "$STACK/found"
    expect_equal arguments "$(<"$STACK/arguments")" 1:-T
    printf '#!/bin/sh\necho "nginx: [warn] x" >&2\nprintf "nginx: [emerg] it is \\033[2Jbroken\\n" >&2\nexit 1\n' >"$STACK/bin/nginx"
    status=0
    PATH=$STACK/bin:$PATH "${CHECK[@]}" >"$STACK/own" 2>"$STACK/fault" || status=$?
    expect_equal status "$status" 3
    expect_match fault "$(<"$STACK/fault")" '^sessionctl: nginx -T failed: nginx: \[emerg\] it is \?\[2Jbroken'
}

@test "check-nginx: says in JSON what each finding means, and what would be right" {
    check "$CASES/django.wrong.conf"
    "${CHECK[@]}" --json - <"$STACK/printed" >"$STACK/json" || true
    expect_equal "rules in JSON" "$(jq -r '.[].rule' "$STACK/json")" "$(cut -f 2 "$STACK/found")"
    expect_equal "without words" "$(jq '[.[] | select(.what == "" or .meaning == "" or .cure == "")] | length' "$STACK/json")" 0
}
