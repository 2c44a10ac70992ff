#!/usr/bin/env bats
# The pages, session.js and the guard's way to the login and back, in a real Chromium: each test plays one scenario of
# tests/browser/scenarios/ on this instance. tests/browser/install gets what they need.

setup_file() {
    local port
    load lib/common
    stack_new
    free_port
    # The front end on a listed origin; a host that the login may lead to but whose cookies are other ones; two hosts of
    # one domain; and localhost, for the slow site.
    export APP_PORT=$port BASE_URL=http://localhost:$PORT SCREENSHOTS=$ROOT/build/test/browser
    stack_up "CORS_ORIGINS=http://localhost:$APP_PORT" REDIRECT_HOSTS=127.0.0.1,app.guard.localhost,localhost \
        SERVED_HOSTS=auth.guard.localhost,app.guard.localhost ACCOUNT_FREE_FAILURES=5 \
        PASSWORD_MIN_LENGTH=10
    slow_site
}

teardown_file() {
    load lib/common
    end_slow_site
    stack_down
}

setup() {
    load lib/common
    export ROOT
}

# play SCENARIO: with a place of its own for what a browser writes, which goes with the test.
play() {
    "${CLEAN[@]}" "HOME=$BATS_TEST_TMPDIR" "TMPDIR=$BATS_TEST_TMPDIR" node "$ROOT/tests/browser/scenarios/$1.mjs" 3>&- 4>&-
}

@test "browser: making an account, with errors beside their fields" {
    play register
}

@test "browser: an invitation leaves the address at once, and makes one account" {
    play invitation
}

@test "browser: a link sets a new password once, and leaves the address at once" {
    play reset-password
}

@test "browser: signing in, only once however often one presses" {
    play login
}

@test "browser: a wrong password is announced and tied to its field" {
    play wrong-password
}

@test "browser: too many attempts have to wait, and are told for how long" {
    play throttled
}

@test "browser: a guarded page comes back with its whole query" {
    play guarded-page
}

@test "browser: addresses of strangers lead nowhere" {
    play redirects
}

@test "browser: a site that does not see the session is diagnosed instead of looped" {
    play loop
}

@test "browser: an expired access token is renewed silently" {
    play silent-renewal
}

@test "browser: cookies that another host of the domain sets sign nobody out, and keep nobody out" {
    play strays
}

@test "browser: two tabs renew once" {
    play two-tabs
}

# loading_page: prints a page with scripts, each of which counts itself.
loading_page() {
    local number
    echo '<!doctype html><html lang="en"><title>Loading</title><link rel="icon" href="data:,">'
    for number in {1..25}; do
        echo "<script src=\"count.js?$number\"></script>"
    done
}

# A site behind the guard that answers slowly, so that a page is loading for a while: requests beyond its rate wait before
# they are judged, with the token that they set out with.
slow_site() {
    local port site=$STACK/site
    free_port
    mkdir -p "$site/www" "$site"/temp/{body,proxy,fastcgi,uwsgi,scgi}
    loading_page >"$site/www/loading.html"
    echo 'globalThis.loaded = (globalThis.loaded ?? 0) + 1;' >"$site/www/count.js"
    "${CLEAN[@]}" "$ROOT/scripts/render-nginx" "$site" >"$site/render.log" 2>&1
    cat >"$site/nginx.conf" <<TEXT
$( ((EUID != 0)) || echo 'user www-data;')
pid "$site/nginx.pid";
events {}
http {
    include sessiond/http.conf;
    access_log off;
    limit_req_zone \$server_name zone=slow:1m rate=50r/s;
    client_body_temp_path "$site/temp/body";
    proxy_temp_path "$site/temp/proxy";
    fastcgi_temp_path "$site/temp/fastcgi";
    uwsgi_temp_path "$site/temp/uwsgi";
    scgi_temp_path "$site/temp/scgi";
    server {
        listen localhost:$port;
        types { text/html html; text/javascript js; }
        etag off;
        if_modified_since off;
        include sessiond/guard-location.conf;
        location / { return 404; }
        location ^~ /slow/ {
            limit_req zone=slow burst=1000;
            alias "$site/www/";
            include sessiond/guard.conf;
        }
    }
}
TEXT
    nginx -p "$site" -e "$site/error.log" -c "$site/nginx.conf"
    export LOADING_SITE=http://localhost:$port
}

end_slow_site() {
    [[ ! -f $STACK/site/nginx.pid ]] || kill -TERM "$(<"$STACK/site/nginx.pid")"
}

@test "browser: a renewal in one tab costs no script of the pages that others are loading" {
    play loading-tabs
}

@test "browser: tabs that come back after the access token has ended renew once, and load all their scripts" {
    play restored-tabs
}

@test "browser: other sessions are listed and signed out" {
    play sessions
}

@test "browser: what happened to the account is told in words" {
    play history
}

@test "browser: signing out leaves nothing behind" {
    play sign-out
}

@test "browser: an application's sign-out leads through a page, to which strangers lead in vain" {
    play logout-page
}

@test "browser: the password is changed" {
    play change-password
}

@test "browser: the account is deleted, after a question" {
    play delete-account
}

@test "browser: a listed origin is served, another one is not" {
    play cross-origin
}

@test "browser: the service away is no reason to log in again" {
    play service-away
}

@test "browser: without JavaScript nothing gets into an address" {
    play without-script
}

@test "browser: everything works by keyboard alone" {
    play keyboard
}

@test "browser: axe finds nothing, in light and dark" {
    play accessible
}

@test "browser: it fits on 320 pixels and with large letters" {
    play narrow
}

# --- Other settings: these restart the instance, so they stand last -----------------------------------------------------

# restart NAME=value...: the instance anew with these settings.
restart() {
    end_slow_site
    stack_stop
    stack_up PASSWORD_MIN_LENGTH=10 "$@"
}

@test "browser: where an invitation is needed, no page leads elsewhere" {
    restart REGISTRATION=invite
    play registration-invite
}

@test "browser: where nobody may register, no page leads there" {
    restart REGISTRATION=closed
    play registration-closed
}
