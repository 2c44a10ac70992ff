# shellcheck shell=bash
# A second nginx beside the instance, in $FRONT: at TLS_PORT a balancer that ends TLS in front of the instance; and the
# service as somebody's own nginx has it, on the socket $FRONT/service.sock, and at OWN_PORT in a server that says
# itself whom it believes about addresses.

front_new() {
    local name port
    FRONT=$STACK/front
    mkdir -p "$FRONT"
    export FRONT
    for name in TLS_PORT OWN_PORT; do
        free_port
        export "$name=$port"
    done
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
        -keyout "$FRONT/tls.key" -out "$FRONT/tls.crt" 2>/dev/null
}

# front_configuration RULES: with these rules in its block `http`.
front_configuration() {
    ((EUID != 0)) || echo 'user www-data;'
    cat <<CONF
pid "$FRONT/nginx.pid";
error_log "$FRONT/error.log" notice;
daemon off;
events {}
http {
    $1
    include sessiond/http.conf;
    access_log "$FRONT/access.log" sessiond;
    client_body_temp_path "$FRONT/body";
    fastcgi_temp_path "$FRONT/fastcgi";
    proxy_temp_path "$FRONT/proxy";
    scgi_temp_path "$FRONT/scgi";
    uwsgi_temp_path "$FRONT/uwsgi";
    server {
        listen 127.0.0.1:$TLS_PORT ssl;
        ssl_certificate "$FRONT/tls.crt";
        ssl_certificate_key "$FRONT/tls.key";
        location / {
            proxy_bind 127.0.0.2;
            proxy_set_header Host \$http_host;
            proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto \$scheme;
            proxy_pass http://127.0.0.1:$PORT;
        }
    }
    server {
        listen "unix:$FRONT/service.sock";
        include sessiond/server.conf;
        location ~ ^/taken(/.*)$ {
            return 200 "\$sessiond_scheme \$sessiond_https \$1";
        }
    }
    server {
        listen 127.0.0.1:$OWN_PORT;
        set_real_ip_from 127.0.0.7;
        real_ip_header X-Client-Address;
        include sessiond/server.conf;
    }
}
CONF
}

front_answers() {
    [[ $(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$OWN_PORT/health") == 200 ]]
}

front_up() {
    "${CLEAN[@]}" "${CHEAP[@]}" "$@" "$ROOT/scripts/render-nginx" "$FRONT" >"$FRONT/render.log" 2>&1
    front_configuration "" >"$FRONT/nginx.conf"
    nginx -p "$FRONT" -e "$FRONT/error.log" -c "$FRONT/nginx.conf" >"$FRONT/nginx.log" 2>&1 </dev/null 3>&- 4>&- &
    echo $! >"$FRONT/front.pid"
    if ! wait_until 20 front_answers; then
        show_logs
        fail "the nginx in front did not start"
    fi
}

front_down() {
    local pid
    [[ -f ${FRONT-}/front.pid ]] || return 0
    pid=$(<"$FRONT/front.pid")
    kill -TERM "$pid" 2>/dev/null || true
    wait_until 20 dead "$pid" || kill -KILL "$pid"
}
