// Liveness (/health) and readiness (/ready), for monitoring and load balancers.
#include "auth/answers.h"
#include "auth/audit.h"
#include "auth/handlers.h"

namespace auth {
namespace {

http::Response make_ok() {
  return make_json(R"({"status":"OK"})");
}

}  // namespace

Answer get_health(Service&, Call&) {
  return make_ok();
}

/// Ready means that the database answers and that its schema is at least the version that the statements
/// need.
Answer get_ready(Service& service, Call& call) {
  const auto version = service.schema.find_version();
  if (version >= store::kSchemaVersion) return make_ok();
  audit(call, base::LogLevel::error, "schema_outdated", {}, {}, "run scripts/migrate");
  return base::ProblemId::service_unavailable;
}

}  // namespace auth
