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

/// Ready means that the database answers, over TLS if the settings want that, that its schema is at least the
/// version that the statements need, and that it keeps what they rely on.
Answer get_ready(Service& service, Call& call) {
  const auto state = service.schema.find_state();
  const bool outdated = state.version < store::kSchemaVersion;
  if (outdated) audit(call, base::LogLevel::error, "schema_outdated", {}, {}, "run scripts/migrate");
  if (!outdated && !state.misfit.empty())
    audit(call, base::LogLevel::error, "schema_unfit", {}, {}, state.misfit);
  const bool plain = service.connection.lacks_tls();
  if (plain)
    audit(
        call, base::LogLevel::error, "database_unencrypted", {}, {},
        "the settings name certificates, but libpq has connected without TLS: set sslmode=verify-full, which "
        "tells the reason instead");
  if (outdated || plain || !state.misfit.empty()) return base::ProblemId::service_unavailable;
  return make_ok();
}

}  // namespace auth
