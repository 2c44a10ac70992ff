#!/usr/bin/env bash
# Holds the #include lines of src/ to the layers: each folder includes only itself and what stands above it,
# and each foreign library has one folder, or one file, that includes it. A folder of a layer is a room: what it has is
# included by no file outside of it. Prints what does not fit; exit 1 then.
set -euo pipefail
cd "$(dirname "$0")/../src"

declare -A allowed=(
  [base]="base"
  [crypto]="base crypto"
  [pg]="base pg"
  [http]="base http"
  [nginx]="base nginx"
  [store]="base crypto pg store"
  [auth]="base crypto pg http store auth"
  [server]="base crypto pg http store auth server"
  [ctl]="base crypto pg http nginx store auth server ctl"
)
# Header pattern and the only files that may include it.
foreign=(
  'openssl/|crypto/'
  'argon2\.h|crypto/'
  'crypt\.h|crypto/imported_password\.cc'
  'libpq-fe\.h|pg/'
  'rapidjson/|http/json\.cc'
  'fcgi.*\.h>|http/fcgi\.h'
  'seccomp\.h|server/confinement\.cc'
)
failures=0

complain() {
  echo "layers: $1"
  failures=$((failures + 1))
}

for layer in "${!allowed[@]}"; do
  while IFS=: read -r file _ include; do
    target=$(sed -E 's/.*"([a-z]+)\/.*/\1/' <<<"$include")
    [[ " ${allowed[$layer]} " == *" $target "* ]] || complain "$file must not include $target"
  done < <(grep -rnE '^#include "' "$layer")
done

! grep -qE '^#include "(nginx|ctl)/' sessiond.cc || complain "sessiond.cc must not include nginx or ctl"

# A header of a room, as `"ctl/check/findings.h"`.
while IFS=: read -r file _ include; do
  room=$(cut -d '"' -f 2 <<<"$include" | xargs dirname)
  [[ $file == "$room"/* ]] || complain "$file must not include the room $room"
done < <(grep -rnE '^#include "[a-z]+/[a-z_]+/' . | sed 's/^\.\///')

for row in "${foreign[@]}"; do
  while IFS=: read -r file _; do
    [[ $file =~ ^${row#*|} ]] || complain "$file must not include ${row%%|*}"
  done < <(grep -rnE "^#include <(${row%%|*})" . | sed 's/^\.\///')
done

if ((failures > 0)); then
  echo "0 passed, 1 failed"
  exit 1
fi
echo "1 passed, 0 failed"
