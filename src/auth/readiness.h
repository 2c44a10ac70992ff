// Whether the database is as the service needs it: what /ready answers, and what a trial of settings
// (sessiond -t) looks at.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pg/connection.h"
#include "store/schema.h"

namespace auth {

/// Something that keeps the service from being ready.
struct Obstacle {
  std::string_view event;  ///< Its name in the log.
  std::string reason;      ///< A sentence, with what to do.
};

/// Empty when the database answers, over TLS if the settings want that, its schema is at least the version
/// that the statements need, and it keeps what they rely on. Throws pg::Error when it does not answer.
std::vector<Obstacle> find_obstacles(store::Schema& schema, const pg::Connection& connection);

}  // namespace auth
