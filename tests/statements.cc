// Prints the service's prepared statements, for the tests and measurements that run them without the service.
//   statements        a script for psql: the schema version they are written for, then a PREPARE for each
//   statements NAME   the SQL of this statement alone
#include <cstdio>
#include <string_view>

#include "pg/statement.h"
#include "store/schema.h"

namespace {

const char* access_name(pg::Access access) {
  switch (access) {
    case pg::Access::read:
      return "read";
    case pg::Access::write:
      return "write";
    case pg::Access::unseen_write:
      return "unseen_write";
    case pg::Access::sought_write:
      return "sought_write";
    case pg::Access::optional_write:
      return "optional_write";
  }
  return "";
}

void print_script() {
  std::printf("\\set schema_version %lld\n", static_cast<long long>(store::kSchemaVersion));
  for (const pg::Statement* statement : pg::Statement::all())
    std::printf("-- %s\nPREPARE %s AS%s;\n", access_name(statement->access()), statement->name(),
                statement->sql());
}

bool print_one(std::string_view name) {
  for (const pg::Statement* statement : pg::Statement::all()) {
    if (statement->name() != name) continue;
    std::puts(statement->sql());
    return true;
  }
  return false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 1) {
    print_script();
    return 0;
  }
  if (argc == 2 && print_one(argv[1])) return 0;
  std::fputs("usage: statements [NAME]\n", stderr);
  return 2;
}
