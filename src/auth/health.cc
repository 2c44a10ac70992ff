// Liveness, readiness and the example of protected content.
#include "auth/handlers.h"
#include "store/statements.h"

namespace auth {
namespace {

http::Response make_ok() {
  http::Response response;
  response.body = R"({"status":"OK"})";
  return response;
}

}  // namespace

Answer get_health(Service&, Call&) {
  return make_ok();
}

/// Ready means that the database answers and has at least the schema that the statements are written for.
Answer get_ready(Service& service, Call& call) {
  const auto version = service.users.find_schema_version();
  if (version >= store::kSchemaVersion) return make_ok();
  audit(call, base::LogLevel::error, "schema_outdated", {}, {}, "run scripts/migrate");
  return base::ProblemId::service_unavailable;
}

Answer get_content(Service&, Call& call) {
  http::JsonWriter json;
  json.begin_object()
      .member("message", "This is protected content")
      .member("user", call.session->username)
      .end_object();
  http::Response response;
  response.body = json.take();
  return response;
}

}  // namespace auth
