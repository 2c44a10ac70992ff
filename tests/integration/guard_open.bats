#!/usr/bin/env bats
# Ways to an application that are open on purpose, by sessiond/open.conf: it is told nobody there, and gets nothing of the
# session.

setup_file() {
    load lib/common
    source "$LIB/site.bash"
    stack_new
    site_new
    open_servers >"$SITE/more.conf"
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

KINDS=(proxy fastcgi uwsgi scgi grpc)
# The hosts of the servers, and what each says first.
declare -gA FIRST=([beside]='include sessiond/guard-location.conf;' [alone]='')
FOREIGN=eyJhbGciOiJIUzI1NiJ9.eyJpZCI6MX0.c2lnbmF0dXJl
# In the form of a token of the service, but another program's.
LIKE_OURS=ForeignForeignForeignForeignForeignForeign0

# open_servers: prints the servers that are about this, and an application behind grpc_pass. What they say of headers
# themselves must not get into the open ways.
open_servers() {
    local host
    for host in "${!FIRST[@]}"; do
        cat <<TEXT
server {
    listen $NEIGHBOUR_PORT;
    server_name $host.example.org ~^(?<team>[a-z]+)[.]${host}[.]example[.]org$;
    root "$SITE/www";
    default_type text/plain;
    ${FIRST[$host]}
    proxy_set_header Remote-User root;
    proxy_set_header Cookie \$http_cookie;
    fastcgi_param REMOTE_USER root;
    location / {
        include sessiond/open.conf;
        proxy_pass "http://unix:$SITE/echo.sock";
        location /bare/ {
            proxy_pass "http://unix:$SITE/echo.sock";
        }
    }
$(for kind in "${KINDS[@]}"; do open_ways "$kind"; done)
    location ~ ^/captured/([^/]+)/(.*)$ {
        include sessiond/open.conf;
        proxy_set_header X-Captured "\$1|\$2|\$3";
        proxy_pass "http://unix:$SITE/echo.sock:/up/\$2?";
    }
    location ~ ^/captured-php(/.*)$ {
        include "$SITE/fastcgi_params";
        fastcgi_param X_CAPTURED \$1;
        include sessiond/open.conf;
        fastcgi_param SCRIPT_FILENAME \$document_root/php\$1;
        fastcgi_pass "unix:$SITE/php.sock";
    }
    location /own-words/ {
        include sessiond/open.conf;
        set \$sessiond_authorization "Basic YXBwOnNlY3JldA==";
        set \$sessiond_cookies "site=1; \$sessiond_cookies";
        proxy_set_header X-Forwarded-For \$remote_addr;
        proxy_set_header X-Auth-Token \$http_x_auth_token;
        proxy_pass "http://unix:$SITE/echo.sock";
    }
    location /files/ {
        include sessiond/open.conf;
    }
}
TEXT
    done
    cat <<TEXT
server {
    listen $NEIGHBOUR_PORT;
    server_name guarded.example.org;
    root "$SITE/www";
    include sessiond/guard-location.conf;
    include sessiond/guard.conf;
    location / {
        proxy_pass "http://unix:$SITE/echo.sock";
    }
    location /in/ {
        include sessiond/guard.conf;
        proxy_pass "http://unix:$SITE/echo.sock";
        location /in/open/ {
            include sessiond/open.conf;
            proxy_pass "http://unix:$SITE/echo.sock";
        }
        location /in/bare/ {
            proxy_pass "http://unix:$SITE/echo.sock";
        }
    }
    location /led/ {
        include sessiond/guard.conf;
        try_files /none @open;
    }
    location @open {
        include sessiond/open.conf;
        proxy_pass "http://unix:$SITE/echo.sock";
    }
    location /leads/ {
        set \$sessiond_bearer pass;
        include sessiond/open.conf;
        rewrite ^/leads(/.*) \$1 last;
    }
}
server {
    listen "unix:$SITE/grpc-open.sock" http2;
    location / {
        return 200 '[["cookie","\$http_cookie"],["authorization","\$http_authorization"],["remote-user","\$http_remote_user"],["remote-groups","\$http_remote_groups"],["x-auth-request-user","\$http_x_auth_request_user"],["x-auth-user","\$http_x_auth_user"],["x-email","\$http_x_email"],["x-user-email","\$http_x_user_email"],["x-other","\$http_x_other"]]';
    }
}
TEXT
}

# open_ways KIND: prints an open way by this kind of *_pass, and one where bearer tokens of any form pass.
open_ways() {
    local kind=$1 before='' pass
    case $kind in
        proxy) pass="proxy_pass 'http://unix:$SITE/echo.sock'" ;;
        grpc) pass="grpc_pass 'unix:$SITE/grpc-open.sock'" ;;
        fastcgi) pass="fastcgi_param SCRIPT_FILENAME \$document_root/php/show.php; fastcgi_pass 'unix:$SITE/php.sock'" ;;
        *) pass="${kind}_pass 'unix:$SITE/$kind.sock'" ;;
    esac
    [[ $kind == @(proxy|grpc) ]] || before="include '$SITE/${kind}_params';"
    printf '    location /%s/ { %s include sessiond/open.conf; %s; }\n' "$kind" "$before" "$pass"
    # shellcheck disable=SC2016 # for nginx
    printf '    location /%s-bearer/ { set $sessiond_bearer pass; %s include sessiond/open.conf; %s; }\n' "$kind" "$before" "$pass"
}

# open_way HOST PATH [CURL-OPTION...]
open_way() {
    local host=$1 path=$2
    shift 2
    site_at "$NEIGHBOUR_PORT" GET "$path" -H "Host: $host.example.org" "$@"
}

# heard KIND HEADER: what the application got under this name, such as `remote-user`; of several parameters the last.
heard() {
    local parameter=${2^^}
    parameter=HTTP_${parameter//-/_}
    case $1 in
        proxy) told "$2" ;;
        grpc) json "[.[] | select(.[0] == \"$2\") | .[1]] | last // \"\"" ;;
        fastcgi) json ".server.$parameter // \"\"" ;;
        *) json "[.[] | select(.[0] == \"$parameter\") | .[1]] | last // \"\"" ;;
    esac
}

# parameter KIND NAME: the last value of a parameter that is no header.
parameter() {
    if [[ $1 == fastcgi ]]; then json ".server.$2 // \"\""; else json "[.[] | select(.[0] == \"$2\") | .[1]] | last // \"\""; fi
}

# on_each_way COMMAND: for each kind of *_pass, in a server with the guard and in one without, with $host, $kind and
# $way, which tells both. Each step of the command must be right: it stands in no condition.
on_each_way() {
    local host kind way
    ((${#FIRST[@]} == 2 && ${#KINDS[@]} == 5)) || fail "there are no servers, or no kinds"
    for host in "${!FIRST[@]}"; do
        for kind in "${KINDS[@]}"; do
            way="$kind $host"
            "$@"
        done
    done
}

gets_no_cookie_of_the_session() {
    local session="access_token=$access; refresh_token=$refresh; device_token=$device" cookies
    for cookies in "$session; k=v" "k=v; $session" "access_token=$access; k=v; refresh_token=$refresh"; do
        open_way "$host" "/$kind/" -b "$cookies" -H 'X-Other: kept'
        expect_status 200
        expect_equal "cookie, other, $way" "$(heard "$kind" cookie), $(heard "$kind" x-other)" 'k=v, kept'
        [[ $body != *"$access"* && $body != *"$refresh"* && $body != *"$device"* ]] || fail "a token arrives, $way: $body"
    done
    open_way "$host" "/$kind/" -b "access_token=$access; access_token=$access; k=v"
    expect_equal "cookie of two, $way" "$(heard "$kind" cookie)" ''
    open_way "$host" "/$kind/" -b 'k=v; l=w'
    expect_equal "cookie of none, $way" "$(heard "$kind" cookie)" 'k=v; l=w'
}

@test "guard_open: no cookie of the session arrives, and all others do, by each kind of *_pass" {
    new_user
    device=$(cookie device_token)
    on_each_way gets_no_cookie_of_the_session
}

gets_no_token_of_the_session() {
    local token
    for token in "Bearer $access" "bEARER   $refresh " "Bearer $LIKE_OURS" "x Bearer $access" $'\x0bBearer '"$access" "=Bearer =$access" \
        "x | Bearer $access" "|Bearer |$access" "Bearer $access | x"; do
        open_way "$host" "/$kind/" -H "Authorization: $token" -b k=v
        expect_equal "$token, $way" "$status $(heard "$kind" authorization)" '200 '
    done
    for token in "Bearer $FOREIGN" "Bearer $LIKE_OURS.x" 'Token abc' 'Bearer 1|abc' 'Basic cm9vdDpyb290'; do
        open_way "$host" "/$kind/" -H "Authorization: $token" -b "access_token=$access; k=v"
        expect_equal "$token, $way" "$status $(heard "$kind" authorization)" "200 $token"
    done
    open_way "$host" "/$kind-bearer/" -H "Authorization: Bearer $LIKE_OURS" -b "access_token=$access; k=v"
    expect_equal "where bearer tokens pass, $way" "$(heard "$kind" authorization)" "Bearer $LIKE_OURS"
    open_way "$host" "/$kind-bearer/" -H "Authorization: Bearer $access" -b "k=v; access_token=$access"
    expect_equal "the session's, where bearer tokens pass, $way" "$status $(heard "$kind" authorization)" '200 '
    open_way "$host" "/$kind-bearer/" -H "Authorization: Bearer $access | x" -b "k=v; access_token=$access"
    expect_equal "the session's before |, where bearer tokens pass, $way" "$status $(heard "$kind" authorization)" '200 '
}

@test "guard_open: Authorization arrives, but for a token of the service, by each kind of *_pass" {
    new_user
    on_each_way gets_no_token_of_the_session
}

hears_of_nobody() {
    local name
    open_way "$host" "/$kind/" -u root:root -H 'X-Auth-User: root' -H 'X-User-Email: root' -b "access_token=$access"
    expect_status 200
    for name in remote-user remote-groups x-auth-request-user x-auth-user x-user-email; do
        expect_equal "$name, $way" "$(heard "$kind" "$name")" ''
    done
    if [[ $kind != @(proxy|grpc) ]]; then
        for name in REMOTE_USER REMOTE_NAME REMOTE_GROUPS; do
            expect_equal "$name, $way" "$(parameter "$kind" "$name")" ''
        done
    fi
    for name in Remote-User X-Auth-Request-User X-WebAuth-Role X-Consumer-Username; do
        open_way "$host" "/$kind/" -H "$name: root"
        expect_status 403
        expect_match "$name, $way" "$body" 'must not say by itself who its user is'
    done
}

@test "guard_open: the application hears of nobody, whatever a client or the server around says, by each kind of *_pass" {
    new_user
    on_each_way hears_of_nobody
}

@test "guard_open: of the guard's list, no name arrives" {
    local name value names=()
    while read -r name value; do
        [[ $name =~ ^[A-Z] && $name != @(Cookie|Authorization) ]] || continue
        names+=(-H "$name: root" -H "${name//-/_}: root")
    done < <(cat "$ROOT/nginx/guard-headers.txt")
    ((${#names[@]} > 100)) || fail "the list has only these: ${names[*]}"
    open_way beside /proxy/ "${names[@]}"
    expect_equal claims "$status $(json '[.headers[] | select(.[1] == "root") | .[0]] | join(" ")')" '200 '
    open_way alone /scgi/ "${names[@]}"
    expect_equal claims "$status $(json '[.[] | select(.[1] == "root") | .[0]] | join(" ")')" '200 '
}

@test "guard_open: what a regular expression of the location has taken out stays, whatever cookies come" {
    new_user
    local cookies="access_token=$access; k=v; refresh_token=$refresh" host
    for host in beside alone team.alone; do
        open_way "$host" /captured/a%20b/c.d -b "$cookies" -H "Authorization: Bearer $access"
        expect_equal captured "$(json .path) $(told x-captured)" '/up/c.d? a b|c.d|'
        expect_equal arrives "$(told cookie)$(told authorization)" k=v
        open_way "$host" /captured-php/show.php -b "$cookies" -H "Authorization: Bearer $access"
        expect_equal script "$status $(json .server.X_CAPTURED) $(json .server.HTTP_COOKIE)" '200 /show.php k=v'
        open_way "$host" /captured/a%0Ab/c -b "$cookies"
        expect_status 400
        expect_match words "$body" 'line break'
        open_way "$host" /proxy/a%0Ab -b "$cookies"
        expect_status 200
    done
}

@test "guard_open: what the location says behind the include arrives" {
    new_user
    open_way beside /own-words/ -b "access_token=$access; k=v" -H 'Authorization: Token abc' -H 'X-Forwarded-For: 192.0.2.1' -H 'X-Auth-Token: t'
    expect_equal told "$(told authorization), $(told cookie), $(told x-forwarded-for), $(told x-auth-token)" \
        'Basic YXBwOnNlY3JldA==, site=1; k=v, 127.0.0.1, t'
}

@test "guard_open: a location that only inherits it gets no cookie and no Authorization" {
    new_user
    local host
    for host in beside alone; do
        open_way "$host" /bare/ -b "access_token=$access; k=v" -H "Authorization: Bearer $access" -H 'X-Auth-User: root'
        expect_equal arrives "$status $(told cookie)$(told authorization)$(told remote-user)$(told x-auth-user)" '200 '
    done
}

@test "guard_open: opens the one location that has it in a guarded server, and no other" {
    new_user
    local path
    open_way beside /files/secret
    expect_equal files "$body" 'the secret file'
    for path in /in/open/ /in/open/x; do
        open_way guarded "$path" -b "access_token=$access; k=v"
        expect_equal "$path" "$status $(told cookie)$(told remote-user)" '200 k=v'
        open_way guarded "$path"
        expect_status 200
    done
    for path in / /in/ /led/ /leads/in/ /leads/x; do
        open_way guarded "$path"
        expect_equal "$path" "$status" 401
    done
    open_way guarded /leads/in/ -b "access_token=$access" -H "Authorization: Bearer $FOREIGN"
    expect_status 401
    # One to which a guarded location leads is told nobody.
    open_way guarded /led/ -b "access_token=$access; k=v"
    expect_equal led "$status $(told remote-user)$(told x-auth-request-user) $(told cookie)" '200  k=v'
}

# refused WORDS HTTP SERVER LOCATION: nginx does not take a configuration of these, and says why.
refused() {
    printf '%s' "pid $BATS_TEST_TMPDIR/pid; events {} http { access_log off; $2
        server { listen unix:$BATS_TEST_TMPDIR/s; $3 location / { $4 } } }" >"$SITE/whole.conf"
    run nginx -t -p "$SITE" -e stderr -c "$SITE/whole.conf"
    if [[ -z $1 ]]; then ((status == 0)) || fail "nginx refuses it: $output"; return; fi
    ((status != 0)) || fail "nginx is content: $3 $4"
    expect_match words "$output" "$1"
}

# nginx has a table of its variables, by their names, and warns of it where two long names meet in one place: it is so
# with few choices of as many names.
@test "guard_open: nginx warns of nothing, whatever includes stand in several servers" {
    local api='include sessiond/server.conf;' guard='include sessiond/guard-location.conf;'
    local ways='location /a/ { include sessiond/guard.conf; } location /b/ { include sessiond/guard-optional.conf; }
        location /c/ { include sessiond/open.conf; }'
    local servers=('' "$api" "$guard" "$guard $ways" "$guard $api" "$guard $api $ways") first second
    for first in "${servers[@]}"; do
        for second in "${servers[@]}"; do
            printf '%s' "pid $BATS_TEST_TMPDIR/pid; events {} http { include sessiond/http.conf; access_log off;
                server { listen unix:$BATS_TEST_TMPDIR/1; $first } server { listen unix:$BATS_TEST_TMPDIR/2; $second } }" \
                >"$SITE/whole.conf"
            run nginx -t -p "$SITE" -e stderr -c "$SITE/whole.conf"
            [[ $status == 0 && $output != *warn* ]] || fail "with '$first' and '$second': $output"
        done
    done
}

@test "guard_open: nginx does not take it without http.conf, beside another include of the guard, or in a server" {
    local open='include sessiond/open.conf;' http='include sessiond/http.conf;' other
    refused '' "$http" '' "$open"
    [[ $output != *warn* ]] || fail "nginx warns: $output"
    refused '' "$http" 'include sessiond/guard-location.conf;' "$open"
    refused 'unknown "sessiond_[a-z_]+" variable' '' '' "$open"
    refused 'not allowed here in .*/open.conf' "$http" "$open" ''
    for other in guard guard-optional open; do
        other="include sessiond/$other.conf;"
        refused '"auth_request" directive is duplicate' "$http" 'include sessiond/guard-location.conf;' "$open $other"
        refused '"auth_request" directive is duplicate' "$http" 'include sessiond/guard-location.conf;' "$other $open"
    done
}
