#include "auth/readiness.h"

namespace auth {

std::vector<Obstacle> find_obstacles(store::Schema& schema, const pg::Connection& connection) {
  std::vector<Obstacle> found;
  const auto state = schema.find_state();
  if (state.version < store::kSchemaVersion)
    found.push_back({"schema_outdated", "run scripts/migrate"});
  else if (!state.misfit.empty())
    found.push_back({"schema_unfit", state.misfit});
  if (connection.lacks_tls())
    found.push_back({"database_unencrypted",
                     "the settings name certificates, but libpq has connected without TLS: set "
                     "sslmode=verify-full, which tells the reason instead"});
  return found;
}

}  // namespace auth
