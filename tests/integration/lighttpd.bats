#!/usr/bin/env bats
# The guard of lighttpd: the sample configuration docs/servers/lighttpd-guard.conf in Debian's lighttpd.

load lib/common
load lib/servers

setup_file() {
    stack_new
    stack_up
    site_new
    application_start
    lighttpd_start
}

teardown_file() {
    server_stop
    application_stop
    stack_down
}

# lighttpd_start [LINE [SOCKET]]: with a line more in the configuration, and with another socket of a worker.
# shellcheck disable=SC2120
lighttpd_start() {
    sample lighttpd-guard.conf "s#/run/sessiond/check.sock#${2-$(socket_of check)}#"
    cat >"$SITE/lighttpd.conf" <<TEXT
server.document-root = "$SITE/www"
server.bind = "127.0.0.1"
server.port = $SERVER_PORT
server.upload-dirs = ( "$SITE/run" )
index-file.names = ( "index.html" )
include "lighttpd-guard.conf"
server.modules += ( "mod_cgi", "mod_proxy" )
cgi.assign = ( ".cgi" => "" )
\$HTTP["url"] =~ "^/proxied" {
    proxy.server = ( "" => (( "host" => "127.0.0.1", "port" => $APPLICATION_PORT )) )
}
mimetype.assign = ( ".txt" => "text/plain", ".html" => "text/html" )
${1-}
TEXT
    server_start lighttpd -D -f "$SITE/lighttpd.conf"
}

setup() {
    new_user
}

@test "lighttpd: a page load leads to the login and back, all else gets 401" {
    check_page_loads
}

@test "lighttpd: whoever is signed in gets the page, whose program is told the user" {
    check_identity
}

@test "lighttpd: a part of the site is for a group, in whatever way its path is written" {
    check_groups
}

@test "lighttpd: nothing that a client sends makes it somebody else" {
    check_claims
}

@test "lighttpd: a header by which an application behind the proxy could be told a user reaches none" {
    REFUSED_NAMES=1 check_odd_names END
}

@test "lighttpd: a body arrives whole behind the guard" {
    check_bodies
    check_bodies --http2 # which the configuration does not let it speak
}

# The setting of an inner block takes the place of that of the outer one.
@test "lighttpd: a page of which it is not said for whom it is lets nobody in" {
    server_stop
    lighttpd_start '$HTTP["url"] =~ "^/plain" { setenv.add-environment = ( "OTHER" => "1" ) }'
    page GET /plain "${both[@]}"
    expect_status 500
    has_event guard_misplaced '.detail | contains("REQUIRED_GROUP")'
    page GET /secret.txt "${both[@]}"
    expect_status 200
}

# in_block OPERATOR: a program behind mod_fastcgi in a block, here a route of the service.
in_block() {
    server_stop
    lighttpd_start "\$HTTP[\"host\"] == \"app.example.org\" {
        fastcgi.server $1 ( \"/ready\" => (( \"socket\" => \"$(socket_of check)\", \"check-local\" => \"disable\" )) )
    }"
}

# $body of a page of this block.
block_page() {
    page GET "$1" -H 'Host: app.example.org' "${@:2}"
}

@test "lighttpd: a program that a block adds is guarded" {
    local path
    in_block '+='
    for path in /ready /plain /staff/deep/secret.txt; do
        block_page "$path"
        expect_status 401
    done
    block_page /ready "${both[@]}"
    expect_status 200
    block_page /plain "${both[@]}"
    expect_status 200
    block_page /staff/deep/secret.txt "${both[@]}"
    expect_status 403
}

# The trap of which the sample and docs/other-servers.md warn. When this fails, they have to say so no longer.
@test "lighttpd: a program that a block sets takes the guard's place, there alone" {
    local path
    in_block '='
    for path in /ready /plain /staff/deep/secret.txt; do
        block_page "$path"
        expect_status 200
        page GET "$path"
        expect_status 401
    done
}

# The guard is asked about the first path of a request, and of no other to which the server leads it.
@test "lighttpd: a rewrite behind the guard leads into the part of a group, one before it does not" {
    local rule
    for rule in rewrite-once:403 rewrite-if-not-file:200; do
        server_stop
        lighttpd_start "server.modules += ( \"mod_rewrite\" )
            url.${rule%:*} = ( \"^/en/(.*)$\" => \"/\$1\" )"
        page GET /en/staff/deep/secret.txt "${both[@]}"
        expect_status "${rule#*:}"
        page GET /en/staff/deep/secret.txt
        expect_status 401
    done
}

@test "lighttpd: nobody gets in while the service is away" {
    server_stop
    lighttpd_start '' "$SITE/nobody.sock"
    page GET /secret.txt "${both[@]}"
    expect_status 503
    [[ $body != *'secret page'* ]]
}
