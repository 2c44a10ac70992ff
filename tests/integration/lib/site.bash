# shellcheck shell=bash
# Somebody's sites behind the guard: an nginx of their own with guarded-site.conf.in, PHP-FPM and an application that
# answers with what it was told. All below $SITE; the ports are in SITE_PORT, TLS_PORT, WHOLE_PORT,
# NEIGHBOUR_PORT, STOCK_PORT, AUTHELIA_PORT and OAUTH2_PORT.

SITE_PORTS=(SITE_PORT TLS_PORT WHOLE_PORT NEIGHBOUR_PORT STOCK_PORT AUTHELIA_PORT OAUTH2_PORT)

site_new() {
    local name port
    SITE=$STACK/site
    mkdir -p "$SITE"/{temp,www/{files,staff,php}}
    export SITE
    for name in "${SITE_PORTS[@]}"; do
        free_port
        export "$name=$port"
    done
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
        -keyout "$SITE/tls.key" -out "$SITE/tls.crt" 2>/dev/null
    echo 'the secret file' >"$SITE/www/files/secret"
    echo '<p>the index</p>' >"$SITE/www/files/index.html"
    echo 'for staff' >"$SITE/www/staff/secret"
    echo 'an error page' >"$SITE/www/error.html"
    for name in health ready login; do
        echo 'a guarded file' >"$SITE/www/$name"
    done
    # shellcheck disable=SC2016
    echo '<?php echo json_encode(["server" => $_SERVER, "sha256" => hash("sha256", file_get_contents("php://input"))]);' \
        >"$SITE/www/php/show.php"
    stock_parameters >"$SITE/fastcgi_params"
}

# What nginx and Debian ship as fastcgi_params.
stock_parameters() {
    cat <<'TEXT'
fastcgi_param QUERY_STRING $query_string;
fastcgi_param REQUEST_METHOD $request_method;
fastcgi_param CONTENT_TYPE $content_type;
fastcgi_param CONTENT_LENGTH $content_length;
fastcgi_param SCRIPT_NAME $fastcgi_script_name;
fastcgi_param REQUEST_URI $request_uri;
fastcgi_param DOCUMENT_URI $document_uri;
fastcgi_param DOCUMENT_ROOT $document_root;
fastcgi_param SERVER_PROTOCOL $server_protocol;
fastcgi_param REMOTE_ADDR $remote_addr;
fastcgi_param REMOTE_USER $remote_user;
TEXT
}

site_configuration() {
    local user='' name script
    ((EUID != 0)) || user='user www-data;'
    script="s#@USER@#$user#; s#@SITE@#$SITE#g; s#@PORT@#$PORT#g"
    for name in "${SITE_PORTS[@]}"; do
        script+="; s#@$name@#${!name}#g"
    done
    sed "$script" "$LIB/guarded-site.conf.in"
}

php_configuration() {
    cat <<TEXT
[global]
error_log = $SITE/php.log
daemonize = no
[www]
listen = $SITE/php.sock
listen.mode = 0666
pm = static
pm.max_children = 1
$( ((EUID != 0)) || printf 'user = www-data\ngroup = www-data\n')
TEXT
}

# site_run NAME COMMAND...: in the background, with its words in $SITE/NAME.log.
site_run() {
    local name=$1
    shift
    "$@" >"$SITE/$name.log" 2>&1 </dev/null 3>&- 4>&- &
    echo $! >"$SITE/$name.pid"
}

site_answers() {
    [[ -S $SITE/php.sock && -S $SITE/echo.sock && $(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$SITE_PORT/error.html") == 200 ]]
}

# site_up: with the rendered parts of the instance, which must run.
site_up() {
    local php
    php=$(compgen -G '/usr/sbin/php-fpm*' | sort -V | tail -n 1)
    "${CLEAN[@]}" "${CHEAP[@]}" SERVED_HOSTS=auth.example.org "$ROOT/scripts/render-nginx" "$SITE" >"$SITE/render.log" 2>&1
    site_configuration >"$SITE/site.conf"
    php_configuration >"$SITE/php.conf"
    site_run echo "$PYTHON" "$LIB/echo_server.py" "$SITE/echo.sock"
    site_run php "$php" -y "$SITE/php.conf" -p "$SITE" -n
    site_run site nginx -p "$SITE" -e "$SITE/error.log" -c "$SITE/site.conf"
    wait_until 20 test -S "$SITE/echo.sock"
    chmod 666 "$SITE/echo.sock"
    if ! wait_until 20 site_answers; then
        show_logs
        fail "the sites did not start"
    fi
}

site_down() {
    local file pid
    for file in "$SITE"/{site,php,echo}.pid; do
        [[ -f $file ]] || continue
        pid=$(<"$file")
        kill -TERM "$pid" 2>/dev/null || true
        wait_until 20 dead "$pid" || kill -KILL "$pid"
    done
}

# site METHOD PATH [CURL-OPTION...]: a request to the guarded site.   site_at PORT METHOD PATH [...]: to another server.
site() {
    site_at "$SITE_PORT" "$@"
}

site_at() {
    local PORT=$1
    shift
    call "$@"
}
