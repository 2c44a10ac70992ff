#!/usr/bin/env bats
# The recipes of docs/applications.md leave the applications their protection against CSRF: what another page lets the
# browser of somebody who is signed in ask for is not done, and what the application's own pages ask for is.

setup_file() {
    load ../integration/lib/common
    load lib/applications
    applications_up php mariadb nginx dokuwiki mediawiki wordpress phpmyadmin
}

teardown_file() {
    load ../integration/lib/common
    load lib/applications
    applications_down
}

setup() {
    load ../integration/lib/common
    load lib/applications
    nobody
    sign_in ada
}

@test "DokuWiki: takes a page only with the token of its own form" {
    local form='do=save&id=ours&wikitext=forged'
    APP=dokuwiki
    join ada user
    page "/doku.php?$form"
    page /doku.php -d "$form"
    expect_body 'Possible CSRF attack'
    page '/doku.php?id=ours&do=export_raw'
    expect_not_in_body forged
    page '/doku.php?id=ours&do=edit'
    page /doku.php -d "$form&$(link 'name="sectok" value="[0-9a-f]*' | sed 's/.*"/sectok=/')"
    page '/doku.php?id=ours&do=export_raw'
    expect_body forged
}

@test "MediaWiki: keeps a session in which one can write, with its token only" {
    APP=mediawiki
    ask /api.php -d 'action=edit&title=Ours&text=words&format=json' --data-urlencode "token=+\\"
    expect_json .error.code badtoken
    ask /rest.php/v1/page -H 'Content-Type: application/json' \
        -d '{"title":"Ours","source":"words","comment":"","token":"+\\"}'
    expect_status 403
    ask '/api.php?action=query&meta=tokens&format=json'
    ask /api.php -d 'action=edit&title=Ours&text=words&format=json' \
        --data-urlencode "token=$(json .query.tokens.csrftoken)"
    expect_json .edit.result Success
    ask '/api.php?action=query&titles=Ours&prop=revisions&rvprop=user&format=json'
    expect_json '.query.pages[].revisions[0].user' Ada
}

@test "WordPress: a link of another site acts as nobody, and scripts of its own pages as the user" {
    local path account='username=eve&email=eve@example.org&password=none&roles=administrator'
    APP=wordpress
    for path in '/wp-json/wp/v2/users?' '/?rest_route=/wp/v2/users&' '/index.php?rest_route=/wp/v2/users&'; do
        page "$path$account&_method=POST"
        expect_status 401
        page "$path$account&_method=POST&_wpnonce=0123456789"
        expect_status 403
        expect_json .code rest_cookie_invalid_nonce
        ask "$path" -d "$account"
        expect_status 401
    done
    ask /wp-json/wp/v2/users/me
    expect_status 401
    expect_equal "who was added" "$(wordpress_administrators)" ada
    ask /wp-admin/admin-ajax.php?action=rest-nonce
    ask /wp-json/wp/v2/users -H "X-WP-Nonce: $body" -d "$account"
    expect_status 201
    expect_equal "who was added" "$(wordpress_administrators)" $'ada\neve'
}

@test "phpMyAdmin: takes SQL only with the token of its own pages" {
    local token order='ajax_request=1&sql_query=create+database+forged'
    APP=phpmyadmin
    box mariadb -e 'grant all on forged.* to ada@localhost'
    join ada dba
    page /index.php
    token=$(link 'name="token" value="[^"]*' | sed 's/.*"/token=/')
    page "/index.php?route=/sql&$order"
    page "/index.php?route=/import&$order"
    page /index.php?route=/sql -d "$order"
    page /index.php?route=/import -d "$order"
    expect_equal "what was made" "$(box mariadb -N -e "show databases like 'forged'")" ''
    page /index.php?route=/import -d "$order&$token"
    expect_equal "what was made" "$(box mariadb -N -e "show databases like 'forged'")" forged
}
