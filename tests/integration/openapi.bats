#!/usr/bin/env bats
# docs/openapi.yaml against the service: the routes and codes of the sources, then the answers of a live instance.

load lib/common
one_instance

@test "openapi: routes and problem codes are those of the sources" {
    "$ROOT/tests/openapi.py" static
}

@test "openapi: every answer of the live service is documented" {
    "$ROOT/tests/openapi.py" live "127.0.0.1:$PORT"
}
