#!/usr/bin/env bats
# The API behind other web servers than nginx, with the sample configurations of docs/servers: Apache with mod_proxy_fcgi
# and the sockets of the instance, Apache with mod_fcgid and a .htaccess, and lighttpd. The last two start the service
# themselves, as their own user and on a socket as descriptor 0, and use the database of the instance.

load lib/common
# The private cluster is in reach of the workers alone; these servers are the same user.
SERVER_USER=sessiond
load lib/servers

setup_file() {
    stack_new
    stack_up
    site_new
}

teardown_file() {
    stack_down
}

after_each() {
    server_stop
}

# The settings of a service that a web server starts.
write_settings() {
    printf '%s\n' "DATABASE_URL=host='$RUN_DIR/cluster-sockets' dbname=sessiond user=sessiond" \
        "PUBLIC_URL=http://127.0.0.1:$SERVER_PORT" "${CHEAP[@]:0:6}" >"$SITE/sessiond.conf"
    ((EUID != 0)) || chown "$SERVER_USER" "$SITE/sessiond.conf"
    chmod 600 "$SITE/sessiond.conf"
    cp "$BIN" "$SITE/sessiond"
}

# apache_start MODULE LINES: with this module beside those that every configuration needs.
apache_start() {
    local module
    {
        for module in mpm_event authz_core headers mime alias rewrite proxy "$1"; do
            echo "LoadModule ${module}_module /usr/lib/apache2/modules/mod_$module.so"
        done
        cat <<TEXT
ServerName localhost
ServerRoot $SITE/run
PidFile $SITE/run/apache.pid
DefaultRuntimeDir $SITE/run
ErrorLog $SITE/run/error.log
Listen 127.0.0.1:$SERVER_PORT
TypesConfig /etc/mime.types
DocumentRoot $SITE/www
$2
TEXT
    } >"$SITE/apache.conf"
    server_start apache2 -DFOREGROUND -f "$SITE/apache.conf"
}

# The life of an account, by routes of each pool.
check_service() {
    local json='Content-Type: application/json' first
    local empty=(-H 'Content-Length: 0') # without it, lighttpd answers 411
    unique_name
    page GET /ready
    expect_status 200 || return
    page POST /register -H "$json" -d "$(registration "$name")"
    expect_status 201 && keep_session || return
    first=$session_id
    page POST /login -H "$json" -d "$(credentials "$name")"
    expect_status 200 && keep_session || return
    page GET /content "${both[@]}"
    expect_status 200 && expect_json .user "$name" && expect_header Cache-Control no-store || return
    page GET /me -H "Authorization: Bearer $access"
    expect_status 200 || return
    page PATCH /me "${both[@]}" -H "$json" -d '{"name":"Ada"}'
    expect_status 200 || return
    page POST /refresh "${empty[@]}" -b "refresh_token=$refresh"
    expect_status 200 && keep_session || return
    page DELETE "/sessions/$first" "${both[@]}"
    expect_status 200 || return
    page DELETE '/sessions?all=false' "${both[@]}"
    expect_status 200 || return
    page POST /me "${empty[@]}" "${both[@]}" -H "Origin: https://evil.example" -H 'Sec-Fetch-Site: cross-site'
    expect_status 405 || return
    page POST /logout "${empty[@]}" "${both[@]}" -H "Origin: https://evil.example"
    expect_status 403 && expect_json .code cross_site_request || return
    page POST /logout "${empty[@]}" "${both[@]}" -H "Origin: http://127.0.0.1:$SERVER_PORT" -H 'Sec-Fetch-Site: same-origin'
    expect_status 200 || return
    page GET /content "${both[@]}"
    expect_status 401 || return
    page GET '//content' "${both[@]}"
    expect_status 404
}

@test "service hosts: Apache starts the service by mod_fcgid, for somebody who has a .htaccess" {
    write_settings
    sample shared-hosting.htaccess ''
    sample sessiond.fcgi "s#\$HOME/sessiond/sbin/#$SITE/#; s#\$HOME#$SITE#"
    mkdir -p "$SITE/www/shared"
    mv "$SITE/shared-hosting.htaccess" "$SITE/www/shared/.htaccess"
    mv "$SITE/sessiond.fcgi" "$SITE/www/shared/"
    chmod 755 "$SITE/www/shared/sessiond.fcgi"
    apache_start fcgid "DocumentRoot $SITE/www/shared
FcgidIPCDir $SITE/run
FcgidProcessTableFile $SITE/run/fcgid.shm
<Directory $SITE/www/shared>
    AllowOverride All
    Require all granted
</Directory>"
    check_service
}

@test "service hosts: lighttpd starts the service" {
    write_settings
    sample lighttpd-service.conf "s#/run/lighttpd#$SITE/run#; s#/usr/local/sbin/sessiond -f /etc/sessiond#$SITE/sessiond -f $SITE#"
    cat >"$SITE/lighttpd.conf" <<TEXT
server.document-root = "$SITE/www"
server.bind = "127.0.0.1"
server.port = $SERVER_PORT
server.upload-dirs = ( "$SITE/run" )
include "lighttpd-service.conf"
TEXT
    server_start lighttpd -D -f "$SITE/lighttpd.conf"
    check_service
}

@test "service hosts: Apache passes on to the sockets of the pools by mod_proxy_fcgi" {
    local pool places=''
    for pool in check write password; do
        places+="s#/run/sessiond/$pool.sock#$(socket_of "$pool")#; "
    done
    sample apache-service.conf "$places"
    # The sockets of the instance are open to nginx's user.
    if ((EUID == 0)); then
        AS_NOBODY=(setpriv --reuid www-data --regid www-data --clear-groups)
        chown -R www-data "$SITE/run"
    fi
    apache_start proxy_fcgi "Include $SITE/apache-service.conf"
    check_service
}

# The line of docs/other-servers.md for those who have nothing but a crontab.
@test "service hosts: a line of a crontab starts the service with spawn-fcgi, once, and again when it has ended" {
    local line home=$SITE/home socket=$SITE/home/sessiond.sock pid
    line=$(sed -nE 's/^ +\*\/5( \*){4} (.*)$/\2/p' "$ROOT/docs/other-servers.md")
    [[ $line == *spawn-fcgi* ]]
    write_settings
    mkdir -p "$home/sessiond/sbin"
    mv "$SITE/sessiond" "$home/sessiond/sbin/"
    mv "$SITE/sessiond.conf" "$home/"
    ((EUID != 0)) || chown -R "$SERVER_USER" "$home"
    for _ in first second; do
        "${AS_NOBODY[@]}" env "HOME=$home" sh -c "$line" >"$SITE/server.log" 2>&1 </dev/null 3>&- 4>&- &
        wait_until 30 ready_at "$socket"
        "${AS_NOBODY[@]}" env "HOME=$home" timeout 20 sh -c "$line" && fail "it has started twice"
        expect_equal "mode" "$(stat -c %a "$socket")" 600
        pid=$(jq -rR 'fromjson? | select(.event == "service_start") | .pid' "$home/sessiond.log" | tail -n 1)
        kill -KILL "$pid"
        wait_until 10 dead "$pid"
    done
}

ready_at() {
    [[ $("$PYTHON" "$LIB/fcgi_client.py" --get "$1" /ready 2>/dev/null) == 200 ]]
}
