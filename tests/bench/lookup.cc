// Prints a script for pgbench: the service's own SELECT for an access token, on random tokens of load.sql.
// pgbench has numeric variables only, so the server hashes the token itself: one SHA-256 of 32 bytes for each
// execution, about a microsecond. All else is the statement of the service, to be run with -M prepared.
#include <cstdio>
#include <string>

#include "store/statements.h"

int main() {
  const std::string parameter = "$1::bytea";
  const std::string hash =
      "sha256(convert_to('sessiond-bench-access' || lpad(:n::text, 9, '0') || '..', 'UTF8'))";
  std::string sql = store::kStatements[store::index(store::StatementId::session_find_by_access)].sql;
  const auto place = sql.find(parameter);
  if (place == std::string::npos || sql.find('$', place + 1) != std::string::npos) {
    std::fputs("lookup: the statement no longer has exactly one parameter, $1::bytea\n", stderr);
    return 1;
  }
  sql.replace(place, parameter.size(), hash);
  std::printf("\\set n random(1, :sessions)\n%s;\n", sql.c_str());
}
