#!/usr/bin/env bats
# The guard of Apache: the sample configuration docs/servers/apache-guard.conf in Debian's apache2. mod_authnz_fcgi asks
# by TCP, on a socket that spawn-fcgi has bound, and that one worker serves beside the instance.

load lib/common
load lib/servers

setup_file() {
    stack_new
    stack_up
    site_new
    spawn_worker
    application_start
    apache_start
}

teardown_file() {
    server_stop
    application_stop
    kill -TERM "$(<"$STACK/worker.pid")" 2>/dev/null || true
    stack_down
}

# shellcheck disable=SC2153 # RUN_DIR is the instance's
spawn_worker() {
    local port
    free_port
    WORKER_PORT=$port
    export WORKER_PORT
    "${CLEAN[@]}" "${CHEAP[@]}" "DATABASE_URL=host='$RUN_DIR/cluster-sockets' dbname=sessiond user=sessiond" \
        "PUBLIC_URL=http://localhost:$PORT" spawn-fcgi -n -a 127.0.0.1 -p "$port" -- "$BIN" -f /dev/null \
        >"$STACK/worker.log" 2>&1 </dev/null 3>&- 4>&- &
    echo $! >"$STACK/worker.pid"
    wait_until 30 grep -q database_connected "$STACK/worker.log"
}

GUARDED='<Location "/">
    Use SessiondGuard
    Require valid-user
</Location>
<Location "/staff">
    Use SessiondGuard
    Use SessiondGroup staff
</Location>'

# apache_start [LINES]: with these lines of its configuration in place of the guarded site.
# shellcheck disable=SC2120
apache_start() {
    local module
    sample apache-guard.conf "s#127.0.0.1:901/#127.0.0.1:$WORKER_PORT/#"
    {
        for module in mpm_event authn_core authz_core authz_user authnz_fcgi headers macro setenvif mime dir alias cgid \
            include rewrite proxy proxy_http http2; do
            echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
        done
        cat <<TEXT
ServerName localhost
ServerRoot $SITE/run
PidFile $SITE/run/apache.pid
DefaultRuntimeDir $SITE/run
ScriptSock $SITE/run/cgid.sock
ErrorLog $SITE/run/error.log
Listen 127.0.0.1:$SERVER_PORT
TypesConfig /etc/mime.types
DocumentRoot $SITE/www
DirectoryIndex index.html
AddHandler cgi-script .cgi
AddOutputFilter INCLUDES .shtml
Protocols h2c http/1.1
Include $SITE/apache-guard.conf
ProxyPass /proxied http://127.0.0.1:$APPLICATION_PORT upgrade=websocket
<Directory "$SITE/www">
    Options +ExecCGI +Includes
    AllowOverride All
</Directory>
${1-$GUARDED}
TEXT
    } >"$SITE/apache.conf"
    server_start apache2 -DFOREGROUND -f "$SITE/apache.conf"
}

setup() {
    new_user
}

@test "apache: a page load leads to the login and back, all else gets 401" {
    check_page_loads
}

@test "apache: whoever is signed in gets the page, whose program is told the user" {
    check_identity
    page GET /app/show.cgi -H "Cookie: site=1; access_token=$access;refresh_token=$refresh; other_token=2; device_token=x"
    expect_status 200
    expect_match "the cookies of the program" "$body" $'HTTP_COOKIE=site=1; other_token=2\n'
    [[ $body != *"$access"* ]] || fail "$body"
    page GET /app/show.cgi -H "Authorization: Bearer $access"
    [[ $body != *"$access"* ]] || fail "$body"
}

@test "apache: a part of the site is for a group, in whatever way its path is written" {
    check_groups
}

@test "apache: nothing that a client sends makes it somebody else" {
    check_claims
}

@test "apache: an application behind the proxy is told by whom it is asked, whatever names a client's headers have" {
    check_odd_names "HTTP_REMOTE_USER=$name"$'\n'
    expect_status 200
    check_odd_names "HTTP_REMOTE_USER=$name"$'\n' --http2-prior-knowledge
    expect_status 200
    check_plain_names "HTTP_REMOTE_USER=$name"$'\n'
}

@test "apache: what a client says of its connection takes nothing away that the application is told" {
    local names='Remote-User, Remote-Groups, Remote-Name' header version
    sql "update users set groups = '{wheel}' where user_id = $user_id"
    for header in "Connection: $names" "Connection: close, $names" "Connection: keep-alive,Upgrade,Remote-User" \
        "Connection: $names, close" "Connection: close Remote-User" "Connection: Remote-User;" \
        "Connection: ,,Remote-User,," "Proxy-Connection: $names" "Trailer: $names" "TE: $names" "Keep-Alive: $names"; do
        page GET /proxied/x "${both[@]}" -H "$header"
        told_who || return
    done
    for version in --http1.0 --http2-prior-knowledge; do
        page GET /proxied/x "${both[@]}" "$version" -H "Proxy-Connection: $names" -H "Connection: $names"
        [[ $version == --http2* && $status != 200 ]] || told_who || return # HTTP/2 forbids these headers
    done
    page GET /proxied/x "${both[@]}" -H 'Connection: Remote-User, close'
    told_who && expect_header Connection close
}

# shellcheck disable=SC2154 # name is of new_user
told_who() {
    expect_status 200 && expect_match told "$body" "HTTP_REMOTE_USER=$name"$'\n' &&
        expect_match told "$body" $'HTTP_REMOTE_GROUPS=wheel\n' &&
        expect_match told "$body" $'HTTP_REMOTE_NAME=Test User\n'
}

@test "apache: a WebSocket passes the guard, where the proxy lets it" {
    check_websocket
}

@test "apache: a client cannot change to HTTP/2 with the application, whatever else it asks for" {
    check_no_http2
}

@test "apache: a body arrives whole behind the guard" {
    check_bodies
}

# What SetEnvIfExpr says for a location is not said for a subrequest that leads there, and the cookies are gone by then.
@test "apache: a part of another page does not open what a group is asked for" {
    echo '[<!--#include virtual="/staff/deep/secret.txt" -->]<!--#include virtual="/secret.txt" -->' >"$SITE/www/page.shtml"
    page GET /page.shtml "${both[@]}"
    expect_status 200
    expect_equal "the page" "$body" '[[an error occurred while processing this directive]]the secret page'
}

# Of somebody who may not change the configuration.
@test "apache: a .htaccess guards its folder and those below it" {
    server_stop
    apache_start ''
    mkdir -p "$SITE/www/own/deep" "$SITE/www/own/team"
    echo 'my own page' | tee "$SITE"/www/own/{page.txt,deep/page.txt,team/page.txt} >/dev/null
    printf '%s\n' 'Use SessiondGuard' 'Require valid-user' >"$SITE/www/own/.htaccess"
    printf '%s\n' 'Use SessiondGroup staff' >"$SITE/www/own/team/.htaccess"
    page GET /secret.txt
    expect_status 200
    for path in page.txt deep/page.txt team/page.txt; do
        page GET "/own/$path"
        expect_status 401
    done
    page GET /own/deep/page.txt "${both[@]}"
    expect_status 200
    page GET /own/team/page.txt "${both[@]}"
    expect_status 403
    sql "update users set groups = '{staff}' where user_id = $user_id"
    page GET /own/team/page.txt "${both[@]}"
    expect_status 200
}

@test "apache: by TCP, too, nobody but root and the users of the service and of the web server is served" {
    local place=127.0.0.1:$WORKER_PORT
    expect_equal "this user" "$("$PYTHON" "$LIB/fcgi_client.py" --get "$place" /ready)" 200
    ((EUID == 0)) || skip "needs root to become another user"
    expect_equal "another user" "$("$PYTHON" "$LIB/fcgi_client.py" "$place" other-user 1 1)" closed
    expect_equal "nginx's user" "$("$PYTHON" "$LIB/fcgi_client.py" "$place" other-user "$(id -u www-data)" "$(id -g www-data)")" 200
    grep -q '"event":"peer_refused"' "$STACK/worker.log"
}

refusals() {
    grep -c '"event":"peer_refused"' "$STACK/worker.log"
}

has_refused_more_than() {
    (($(refusals) > $1))
}

# Of a socket that its program has closed, older kernels tell that it is root's; newer ones would tell who it was.
@test "apache: by TCP, who has left before the worker looks is not taken for root" {
    local before worker
    ((EUID == 0)) || skip "needs root to become another user"
    before=$(refusals || true)
    worker=$(<"$STACK/worker.pid")
    kill -STOP "$worker"
    "$PYTHON" "$LIB/fcgi_client.py" "127.0.0.1:$WORKER_PORT" other-user-leaves 65534 65534
    kill -CONT "$worker"
    wait_until 30 has_refused_more_than "$before"
    refute grep -q '"event":"authn_login_fail"' "$STACK/worker.log"
}

# Else another user of the host could listen there while the service is away, and say who everybody is.
@test "apache: the port of the sample and of the paper is one and the same, which root alone can bind" {
    local port
    port=$(sed -nE 's#^AuthnzFcgiDefineProvider .*:([0-9]+)/$#\1#p' "$ROOT/docs/servers/apache-guard.conf")
    ((port < 1024))
    grep -q -- "spawn-fcgi -a 127.0.0.1 -p $port " "$ROOT/docs/other-servers.md"
    grep -qx "    ListenStream=127.0.0.1:$port" "$ROOT/docs/other-servers.md"
}

@test "apache: a cache of the server shows nobody the page of another" {
    server_stop
    apache_start "LoadModule cache_module /usr/lib/apache2/modules/mod_cache.so
LoadModule socache_shmcb_module /usr/lib/apache2/modules/mod_socache_shmcb.so
LoadModule cache_socache_module /usr/lib/apache2/modules/mod_cache_socache.so
CacheEnable socache /
CacheSocache shmcb
CacheDefaultExpire 3600
CacheHeader on
$GUARDED"
    for _ in 1 2; do
        page GET /secret.txt "${both[@]}"
        expect_status 200
        expect_header_match Cache-Control private
    done
    page GET /secret.txt -H 'Cookie;'
    expect_status 401
}

@test "apache: nobody gets in while the service is away" {
    server_stop
    WORKER_PORT=9 apache_start
    page GET /secret.txt "${both[@]}"
    expect_status 500
    [[ $body != *'secret page'* ]]
    page GET /secret.txt
    expect_status 500
}
