#!/usr/bin/env bats
# The recipes of docs/applications.md with the real applications: who is not signed in is led to the login, who is finds
# the own name, nobody becomes another, and the application's sign-out ends all. `make soak` installs the applications.

setup_file() {
    load ../integration/lib/common
    load lib/applications
    applications_up php mariadb stand_ins nginx dokuwiki mediawiki wordpress phpmyadmin prometheus cgit
}

teardown_file() {
    load ../integration/lib/common
    load lib/applications
    applications_down
}

setup() {
    load ../integration/lib/common
    load lib/applications
}

@test "DokuWiki: shows the user, nobody else, and its sign-out ends the session; nothing is open" {
    APP=dokuwiki
    expect_guarded /doku.php?id=start
    expect_closed / /feed.php /lib/exe/xmlrpc.php /lib/exe/css.php /lib/exe/ajax.php /lib/tpl/dokuwiki/images/logo.png \
        /install.php /inc/init.php /vendor/autoload.php
    expect_shown /doku.php?id=start '(<bdi>ada</bdi>)' '(<bdi>mallory</bdi>)'
    expect_shut /install.php /inc/init.php
    page /doku.php?id=start
    page "$(link '/doku.php\?id=start&amp;do=logout&amp;sectok=[0-9a-f]*')"
    expect_status 302
    expect_header Location "$(way_out)"
    expect_out /doku.php?id=start
    expect_no_double /doku.php?id=start 'Logged in as'
}

@test "DokuWiki: groups are those of the login" {
    APP=dokuwiki
    nobody
    sign_in ada
    page '/doku.php?do=admin'
    expect_not_in_body page=acl
    join ada admin
    page '/doku.php?do=admin'
    expect_body page=acl
}

@test "MediaWiki: shows the user, nobody else, and its sign-out ends the session; nothing is open" {
    APP=mediawiki
    expect_guarded /index.php?title=Main_Page
    expect_closed / /api.php /rest.php/v1/page/Main_Page /load.php /img_auth.php /images/x.php \
        /maintenance/install.php /mw-config/index.php /includes/Setup.php
    expect_shown /index.php?title=Main_Page '"wgUserName":"Ada"' '"wgUserName":"Mallory"'
    expect_body "href=\"$(way_out)\""
    expect_shut /maintenance/install.php /mw-config/index.php /images/x.php
    expect_out /index.php?title=Main_Page
    expect_no_double /index.php?title=Main_Page '"wgUserName":"Ada"'
}

@test "WordPress: shows the user, nobody else, and its sign-out ends the session; open is what readers see" {
    local path
    APP=wordpress
    expect_guarded /wp-admin/profile.php
    expect_closed /wp-admin/ /wp-admin/admin-ajax.php /wp-admin/css/common.css /wp-login.php /xmlrpc.php \
        /wp-content/mu-plugins/guarded.php
    expect_shown /wp-admin/profile.php '"display-name">ada<' '"display-name">mallory<'
    expect_shown / '"display-name">ada<' '"display-name">mallory<'
    expect_body "href='$(way_out)'"
    expect_shut /xmlrpc.php /wp-login.php /wp-content/mu-plugins/guarded.php
    expect_out /wp-admin/profile.php
    expect_no_double /wp-admin/profile.php '"display-name"'
    sign_in carol
    page /wp-admin/profile.php
    expect_status 403
    expect_body 'no account of your name'
    nobody
    for path in / /feed/ /wp-json/ /wp-content/themes/twentytwentythree/style.css; do
        page "$path"
        expect_status 200
        page "$path" "${CLAIMS[@]}"
        expect_status 403
    done
    page / -u ada:x
    expect_status 403
    page /wp-cron.php "${CLAIMS[@]}"
    expect_status 403
    sign_in ada
    box rm -f /run/told
    page /wp-cron.php -u ada:x -b own=1
    expect_status 200
    expect_equal "what is open says" "$body" ''
    wait_until 20 box test -s /run/told
    expect_equal "what is open is told" "$(box cat /run/told)" '[] own=1'
    nobody
    ask /wp-json/wp/v2/users/me
    expect_status 401
    expect_json .code rest_not_logged_in
}

@test "phpMyAdmin: shows the account at the database, and its sign-out ends the session; nothing is open" {
    APP=phpmyadmin
    expect_guarded /index.php
    expect_closed / /index.php?route=/sql /js/messages.php /themes/pmahomme/img/logo_left.png \
        /libraries/config.default.php /setup/index.php
    nobody
    sign_in ada
    page /index.php
    expect_status 403
    join ada dba
    join mallory dba
    page /index.php -u mallory:x
    expect_status 403
    page /index.php "${CLAIMS[@]}"
    expect_status 403
    page /index.php
    expect_status 200
    expect_body 'ada@localhost'
    expect_body 'href="index.php?route=/logout'
    page /index.php?route=/logout -d "$(link 'name="token" value="[^"]*' | sed 's/.*"/token=/')"
    expect_status 302
    expect_header Location "$(way_out)"
    sign_in mallory
    page /index.php
    expect_status 302
    expect_header Location https://auth.example.org/account
    expect_out /index.php
}

@test "Prometheus: shows itself to whoever is signed in; nothing is open but its port on this host" {
    APP=prometheus
    wait_until 60 box curl -sf -o /dev/null http://127.0.0.1:9090/-/ready
    expect_guarded /classic/graph
    expect_closed / /metrics /api/v1/query?query=up /-/ready /-/quit /federate
    nobody
    sign_in ada
    page /classic/graph
    expect_status 200
    expect_body '<title>Prometheus'
    ask /api/v1/query?query=up "${CLAIMS[@]}"
    expect_status 403
    ask /api/v1/query?query=up
    expect_status 200
    expect_json .status success
    for path in /-/quit /-/reload /api/v1/admin/tsdb/snapshot; do
        ask "$path" -X POST
        [[ $status == 403 || $body == *'admin APIs disabled'* ]] || { show_answer && fail "$path works"; }
    done
    expect_equal "where it listens" "$(box ss -Hltn 'sport = :9090' | awk '{ print $4 }')" 127.0.0.1:9090
    expect_out /classic/graph
}

@test "cgit: shows repositories to whoever is signed in, and its link ends the session; nothing is open" {
    APP=cgit
    expect_guarded /
    expect_closed /bellows.git/ /bellows.git/info/refs?service=git-upload-pack /bellows.git/HEAD /cgit-css/cgit.css
    nobody
    sign_in ada
    page /
    expect_status 200
    expect_body bellows
    expect_body "href=\"$(way_out)\""
    page /cgit-css/cgit.css
    expect_status 200
    expect_body 'div#cgit'
    page /bellows.git/HEAD
    expect_status 404
    expect_out /
}

@test "Grafana's snippet: tells the user, no other, no token and no cookie of the session; nothing is open" {
    APP=grafana
    expect_guarded /d/1
    expect_closed / /api/live/ws /api/dashboards /metrics
    for path in /d/1 /api/live/ws; do
        expect_shown "$path" 'Remote-User: ada' 'Remote-User: mallory'
        expect_body 'Host: grafana.example.org'
        expect_body 'Remote-Name: Test User'
        expect_not_in_body sso_
        ask "$path" -H 'Authorization: Bearer glsa_x'
        expect_status 401
    done
    expect_out /d/1
}

@test "Nextcloud's snippet: only the address of its sign-in learns a name, and its sign-out leads to the login's" {
    local entry
    APP=nextcloud
    for entry in /apps/user_saml/saml/login /index.php/apps/user_saml/saml/login; do
        expect_guarded "$entry"
        expect_shown "$entry?originalUrl=x" '/apps/user_saml/saml/login: [ada]' '/apps/user_saml/saml/login: [mallory]'
    done
    for entry in /apps/files /index.php/apps/files /index.php/apps/user_saml/saml/loginx; do
        page "$entry" "${CLAIMS[@]}"
        expect_status 403
        page "$entry" -u ada:x -b own=1
        expect_status 200
        expect_body ': [] own=1 Basic'
        expect_not_in_body sso_
    done
    for entry in /login?clear=1 /index.php/login?clear=1; do
        page "$entry"
        expect_status 302
        expect_header Location "$(way_out)"
    done
    page /login?user=ada
    expect_status 200
    expect_out /apps/user_saml/saml/login
}

@test "each block of the paper is tried, but those of what no package has" {
    local block left=()
    while IFS= read -r block; do
        [[ $block == nginx\ * ]] || grep -qF -- "'$block'" "$ROOT/tests/soak/lib/applications.bash" || left+=("$block")
    done < <(sed -nE 's/^```(.+)/\1/p' "$PAPER")
    expect_equal "blocks that are not tried" "${left[*]}" 'ini grafana.ini sh nextcloud'
}
