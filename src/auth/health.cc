// Liveness (/health) and readiness (/ready), for monitoring and load balancers.
#include "auth/answers.h"
#include "auth/audit.h"
#include "auth/handlers.h"
#include "auth/readiness.h"

namespace auth {
namespace {

http::Response make_ok() {
  return make_json(R"({"status":"OK"})");
}

}  // namespace

Answer get_health(Service&, Call&) {
  return make_ok();
}

Answer get_ready(Service& service, Call& call) {
  const auto obstacles = find_obstacles(service.schema, service.connection);
  for (const auto& [event, reason] : obstacles) audit(call, base::LogLevel::error, event, {}, {}, reason);
  if (!obstacles.empty()) return base::ProblemId::service_unavailable;
  return make_ok();
}

}  // namespace auth
