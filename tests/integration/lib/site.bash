# shellcheck shell=bash
# Somebody's sites behind the guard: an nginx of their own with guarded-site.conf.in, PHP-FPM and an application that
# answers with what it was told, by each kind of *_pass. All below $SITE; the ports are in SITE_PORT, TLS_PORT,
# WHOLE_PORT, NEIGHBOUR_PORT, PLACES_PORT, STOCK_PORT, AUTHELIA_PORT and OAUTH2_PORT.

SITE_PORTS=(SITE_PORT TLS_PORT WHOLE_PORT NEIGHBOUR_PORT PLACES_PORT STOCK_PORT AUTHELIA_PORT OAUTH2_PORT)

site_new() {
    local name port
    SITE=$STACK/site
    mkdir -p "$SITE"/{temp,www/{files,staff,php,ssi}}
    export SITE
    for name in "${SITE_PORTS[@]}"; do
        free_port
        export "$name=$port"
    done
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
        -keyout "$SITE/tls.key" -out "$SITE/tls.crt" 2>/dev/null
    echo 'the secret file' | tee "$SITE/www/files/secret" >"$SITE/www/files/secret.txt"
    # shellcheck disable=SC2016
    echo '<!--#include virtual="/files/index.html" --><!--#include virtual="/plain/secret.txt" -->' >"$SITE/www/ssi/page.txt"
    echo '<p>the index</p>' >"$SITE/www/files/index.html"
    echo 'for staff' >"$SITE/www/staff/secret"
    echo 'an error page' >"$SITE/www/error.html"
    echo 'the front controller' >"$SITE/www/front.html"
    for name in plain regex if late staff/nested staff/nested-bare; do
        mkdir -p "$SITE/www/$name"
        cp "$SITE/www/files/secret.txt" "$SITE/www/$name/"
    done
    for name in health ready login; do
        echo 'a guarded file' >"$SITE/www/$name"
    done
    # shellcheck disable=SC2016
    echo '<?php echo json_encode(["server" => $_SERVER, "sha256" => hash("sha256", file_get_contents("php://input"))]);' \
        >"$SITE/www/php/show.php"
    stock_parameters >"$SITE/fastcgi_params"
    debian_proxy_headers >"$SITE/proxy_params"
    stock_parameters | sed 's/^fastcgi/uwsgi/' >"$SITE/uwsgi_params"
    stock_parameters | sed 's/^fastcgi/scgi/' >"$SITE/scgi_params"
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

# What Debian ships as proxy_params.
debian_proxy_headers() {
    cat <<'TEXT'
proxy_set_header Host $http_host;
proxy_set_header X-Real-IP $remote_addr;
proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
proxy_set_header X-Forwarded-Proto $scheme;
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

# What Authelia's and oauth2-proxy's manuals say of the location of the question, besides what docs/nginx.md changes.
# shellcheck disable=SC2016 # nginx expands it
declare -gA UNCHANGED=(
    [1]='internal; proxy_pass $upstream_authelia; proxy_set_header X-Original-Method $request_method;
        proxy_set_header X-Original-URL $scheme://$http_host$request_uri; proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header Content-Length ""; proxy_set_header Connection ""; proxy_pass_request_body off;
        proxy_next_upstream error timeout invalid_header http_500 http_502 http_503; proxy_redirect http:// $scheme://;
        proxy_http_version 1.1; proxy_cache_bypass $cookie_session; proxy_no_cache $cookie_session;
        proxy_buffers 4 32k; client_body_buffer_size 128k; send_timeout 5m; proxy_read_timeout 240;
        proxy_send_timeout 240; proxy_connect_timeout 240;'
    [3]='proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr; proxy_set_header Content-Length "";
        proxy_set_header X-Forwarded-Uri $request_uri; proxy_pass_request_body off;'
)

# moving_over NUMBER: this block of configuration of the chapter of docs/nginx.md on moving over, with the instance's
# port, and with what its dots stand for.
moving_over() {
    local block
    block=$(sed -n '/^## From Authelia or oauth2-proxy/,/^## [^F]/p' "$ROOT/docs/nginx.md" | awk -v "number=$1" '
        /^    / { if (!inside) count++; inside = 1; if (count == number) print; next }
        { inside = 0 }' | sed -E "s/  +# .*//; s/127\.0\.0\.1:880\b/127.0.0.1:$PORT/")
    [[ -n $block ]] || fail "docs/nginx.md has no block $1 on moving over" || return
    printf '%s\n' "${block/.../"${UNCHANGED[$1]-}"}"
}

# write_moves: the blocks as files; of those for two places, what goes into the server apart.
write_moves() {
    local number
    for number in 1 2 3 4; do
        moving_over "$number" >"$SITE/move.conf"
        grep 'location @' "$SITE/move.conf" >"$SITE/move-$number-server.conf" || true
        grep -v 'location @' "$SITE/move.conf" >"$SITE/move-$number.conf"
    done
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

# site_up [NAME=value...]: with the rendered parts of the instance, which must run, and these settings.
site_up() {
    local php kind
    php=$(compgen -G '/usr/sbin/php-fpm*' | sort -V | tail -n 1)
    "${CLEAN[@]}" "${CHEAP[@]}" SERVED_HOSTS=auth.example.org "$@" "$ROOT/scripts/render-nginx" "$SITE" >"$SITE/render.log" 2>&1
    site_configuration >"$SITE/site.conf"
    sed "s#fastcgi_pass sessiond_verify#fastcgi_pass unix:$SITE/none.sock#" "$SITE/sessiond/guard-location.conf" >"$SITE/away-location.conf"
    places >"$SITE/places.conf"
    write_moves
    php_configuration >"$SITE/php.conf"
    site_run echo "$PYTHON" "$LIB/echo_server.py" "$SITE/echo.sock"
    for kind in uwsgi scgi; do
        site_run "$kind" "$PYTHON" "$LIB/parameters_server.py" "$kind" "$SITE/$kind.sock"
    done
    site_run php "$php" -y "$SITE/php.conf" -p "$SITE" -n
    site_run site nginx -p "$SITE" -e "$SITE/error.log" -c "$SITE/site.conf"
    for kind in echo uwsgi scgi; do
        wait_until 20 test -S "$SITE/$kind.sock"
        chmod 666 "$SITE/$kind.sock"
    done
    if ! wait_until 20 site_answers; then
        show_logs
        fail "the sites did not start"
    fi
}

site_down() {
    local file pid
    for file in "$SITE"/{site,php,echo,uwsgi,scgi}.pid; do
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

# told NAME: the values of a header that the application behind the proxy got, `-` and `_` being the same.
told() {
    json "[.headers[] | select((.[0] | ascii_downcase | gsub(\"_\"; \"-\")) == \"$1\") | .[1]] | join(\"|\")"
}

# join_group NAME GROUPS: GROUPS as PostgreSQL writes an array.
join_group() {
    admin "update users set groups = '$2' where username = '$1'"
}

# --- what a hurried administrator writes ------------------------------------------------------------------------------

# Servers on PLACES_PORT by their names, for $SITE/places.conf. What each says before the guard's include in the server,
# the rules of which fit the guard's subrequest, too.
# shellcheck disable=SC2016
declare -gA BEFORE=(
    [right]='error_page 404 =200 /front.html;'
    [missing]=''
    [caught]='error_page 404 =200 /front.html; rewrite ^sessiond /front.html;'
    [last]='if (!-e $request_filename) { rewrite ^(.*)$ /front.html last; }'
    [php]='rewrite ^(?!.*\.(txt|png)$) /front.html last;'
    [break]='if (!-f $request_filename) { rewrite ^ /front.html break; }'
    [going]='if (!-e $request_filename) { rewrite ^ /front.html; }'
    [always]='rewrite ^ /front.html last;'
    [broken]='break;'
)

# places: prints the servers. Each has a file that is guarded, in every sort of location.
places() {
    local name include
    for name in "${!BEFORE[@]}"; do
        include='include sessiond/guard-location.conf;'
        [[ $name != @(missing|caught) ]] || include=
        cat <<TEXT
server {
    listen $PLACES_PORT;
    server_name $name;
    root "$SITE/www";
    default_type text/plain;
    ${BEFORE[$name]}
    $include
    location / { }
    location /plain/ { include sessiond/guard.conf; }
    location ~ ^/regex/ { include sessiond/guard.conf; }
    location /named/ { try_files \$uri @named; }
    location @named { include sessiond/guard.conf; try_files /files/secret.txt =404; }
    location /staff/ {
        set \$required_group staff;
        include sessiond/guard.conf;
        location ~ /nested-bare/ { }
        location ~ /nested/ { set \$required_group staff; include sessiond/guard.conf; }
    }
    location /through/ { include sessiond/guard.conf; try_files /none /staff/nested-bare/secret.txt; }
    location /if/ { include sessiond/guard.conf; if (\$args) { set \$nothing 1; } }
    location /late/ { rewrite ^/late/(.*) /plain/\$1 break; include sessiond/guard.conf; }
    location /included/ { ssi on; ssi_types *; alias "$SITE/www/ssi/"; }
    location /mixed/ { set \$sessiond_subrequests on; ssi on; ssi_types *; alias "$SITE/www/ssi/"; }
}
TEXT
    done
}
