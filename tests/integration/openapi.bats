#!/usr/bin/env bats
# docs/openapi.yaml against the service: the routes and codes of the sources, then the answers of a live instance.

load lib/common
one_instance

@test "openapi: routes and problem codes are those of the sources" {
    "$ROOT/tests/openapi.py" static
}

@test "openapi: every answer of the live service is documented" {
    new_user
    sql "insert into tickets (ticket_hash, purpose, user_id, expires_at)
         values (sha256(decode(repeat('00', 32), 'hex')), 'password_reset', $user_id, now() + interval '1 hour')"
    RESET_TOKEN=$(printf 'A%.0s' {1..43}) "$ROOT/tests/openapi.py" live "127.0.0.1:$PORT"
}
