#include "auth/routes.h"

#include <algorithm>
#include <array>
#include <new>

#include "auth/handlers.h"
#include "base/text.h"
#include "pg/error.h"

namespace auth {
namespace {

using base::Problem;
using base::ProblemId;
using http::FieldSpec;

constexpr std::array kRegisterFields{FieldSpec{"name", true}, FieldSpec{"username", true},
                                     FieldSpec{"password", true}};
constexpr std::array kLoginFields{FieldSpec{"username", true}, FieldSpec{"password", true},
                                  FieldSpec{"redirect", false}};
constexpr std::array kRefreshFields{FieldSpec{"redirect", false}};
constexpr std::array kChangeFields{FieldSpec{"new_password", true}, FieldSpec{"current_password", false}};
constexpr std::array kDeleteFields{FieldSpec{"current_password", false}};
constexpr std::array kNameFields{FieldSpec{"name", true}};
constexpr std::span<const FieldSpec> kNoFields{};

using enum Pool;

constexpr std::array kRoutes{
    Route{"GET", "/health", check, check, Needs::nothing, CrossSite::with_cookies, Body::ignored, kNoFields,
          get_health},
    Route{"GET", "/ready", check, check, Needs::nothing, CrossSite::with_cookies, Body::ignored, kNoFields,
          get_ready},
    Route{"GET", "/content", check, check, Needs::access_token, CrossSite::with_cookies, Body::ignored,
          kNoFields, get_content},
    Route{"GET", "/verify", check, check, Needs::verdict, CrossSite::with_cookies, Body::ignored, kNoFields,
          get_verify},
    Route{"POST", "/register", password, password, Needs::nothing, CrossSite::always, Body::object,
          kRegisterFields, post_register},
    Route{"POST", "/login", password, password, Needs::nothing, CrossSite::always, Body::object, kLoginFields,
          post_login},
    Route{"POST", "/logout", write, write, Needs::nothing, CrossSite::with_cookies, Body::object, kNoFields,
          post_logout},
    Route{"POST", "/refresh", write, write, Needs::nothing, CrossSite::with_cookies, Body::object,
          kRefreshFields, post_refresh},
    Route{"POST", "/change-password", password, password, Needs::access_token, CrossSite::with_cookies,
          Body::object, kChangeFields, post_change_password},
    Route{"DELETE", "/delete", write, password, Needs::access_token, CrossSite::with_cookies, Body::object,
          kDeleteFields, delete_account},
    Route{"GET", "/me", check, check, Needs::access_token, CrossSite::with_cookies, Body::ignored, kNoFields,
          get_me},
    Route{"PATCH", "/me", write, write, Needs::access_token, CrossSite::with_cookies, Body::object,
          kNameFields, patch_me},
    Route{"GET", "/sessions", check, check, Needs::access_token, CrossSite::with_cookies, Body::ignored,
          kNoFields, get_sessions},
    Route{"DELETE", "/sessions", write, write, Needs::access_token, CrossSite::with_cookies, Body::object,
          kNoFields, delete_sessions},
    Route{"DELETE", "/sessions/{id}", write, write, Needs::access_token, CrossSite::with_cookies,
          Body::object, kNoFields, delete_session},
};

constexpr std::array<std::string_view, 3> kPoolNames{"check", "write", "password"};

constexpr std::string_view kParameter = "{id}";

bool has_path(const Route& route, std::string_view path) {
  if (!route.path.ends_with(kParameter)) return route.path == path;
  const auto prefix = route.path.substr(0, route.path.size() - kParameter.size());
  return path.starts_with(prefix) && path.size() > prefix.size() &&
         path.find('/', prefix.size()) == std::string_view::npos;
}

/// What stands for {id}; empty for a route without one.
std::string_view find_parameter(const Route& route, std::string_view path) {
  return route.path.ends_with(kParameter) ? path.substr(route.path.size() - kParameter.size())
                                          : std::string_view();
}

bool has_method(const Route& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

/// The methods of a path for the header Allow; empty when there is no such path.
std::string allowed_methods(std::string_view path) {
  std::string allowed;
  for (const Route& route : kRoutes) {
    if (!has_path(route, path)) continue;
    if (!allowed.empty()) allowed.append(", ");
    allowed.append(route.method);
    if (route.method == "GET") allowed.append(", HEAD");
  }
  return allowed;
}

bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

bool is_forbidden_cross_site(const base::Settings& settings, const Call& call) {
  if (is_safe(call.request.method)) return false;
  if (call.route->cross_site == CrossSite::with_cookies && !call.credentials.has_cookies) return false;
  return is_cross_site(settings, call.request);
}

std::optional<Problem> check_content_length(const http::Request& request) {
  const auto size = static_cast<std::int64_t>(request.body.size());
  if (size > static_cast<std::int64_t>(http::kMostBodyBytes)) return Problem(ProblemId::payload_too_large);
  if (request.content_length.empty() && size == 0) return std::nullopt;
  if (base::parse_number(request.content_length) == size) return std::nullopt;
  return Problem(ProblemId::invalid_content_length);
}

/// Parses the body into `call.fields`; what is wrong with it, or nothing.
std::optional<Problem> read_fields(Call& call) {
  const http::Request& request = call.request;
  if (call.route->body == Body::ignored) return std::nullopt;
  if (auto problem = check_content_length(request)) return problem;
  const auto fields = call.route->fields;
  const bool required =
      std::any_of(fields.begin(), fields.end(), [](const FieldSpec& f) { return f.required; });
  if (request.body.empty() && !required) {
    call.fields.resize(fields.size());
    return std::nullopt;
  }
  const bool encoded = !request.content_encoding.empty() && request.content_encoding != "identity";
  if (encoded || !is_json_content_type(request.content_type))
    return Problem(ProblemId::unsupported_media_type);
  auto parsed = http::parse_fields(request.body, fields);
  if (!parsed) return std::move(parsed.problem());
  call.fields = std::move(*parsed);
  return std::nullopt;
}

/// The events of refusals; those that are not listed are logged by the handler, or need no event.
struct RefusalEvent {
  ProblemId problem;
  base::LogLevel level;
  std::string_view event;
};

constexpr std::array kRefusalEvents{
    RefusalEvent{ProblemId::invalid_request, base::LogLevel::info, "input_validation_fail"},
    RefusalEvent{ProblemId::invalid_json, base::LogLevel::info, "input_validation_fail"},
    RefusalEvent{ProblemId::invalid_content_length, base::LogLevel::warning, "input_validation_fail"},
    RefusalEvent{ProblemId::payload_too_large, base::LogLevel::info, "input_validation_fail"},
    RefusalEvent{ProblemId::unsupported_media_type, base::LogLevel::info, "input_validation_fail"},
    RefusalEvent{ProblemId::cross_site_request, base::LogLevel::warning, "malicious_csrf"},
    RefusalEvent{ProblemId::not_found, base::LogLevel::info, "request_refused"},
    RefusalEvent{ProblemId::method_not_allowed, base::LogLevel::info, "request_refused"},
    RefusalEvent{ProblemId::unauthorized, base::LogLevel::debug, "request_refused"},
    RefusalEvent{ProblemId::current_password_required, base::LogLevel::info, "request_refused"},
};

void log_refusal(const Call& call, const Problem& problem) {
  for (const auto& row : kRefusalEvents)
    if (row.problem == problem.id)
      audit(call, row.level, row.event, {}, {}, base::problem_row(problem.id).code);
}

http::Response refuse(const Call& call, const Problem& problem) {
  log_refusal(call, problem);
  auto response = make_refusal(call, problem, call.credentials.access_given);
  if (problem.id == ProblemId::method_not_allowed)
    response.headers.emplace_back("Allow", allowed_methods(call.request.path));
  return response;
}

}  // namespace

std::string_view pool_name(Pool pool) {
  return kPoolNames[static_cast<std::size_t>(pool)];
}

std::span<const Route> routes() {
  return kRoutes;
}

void begin_call(const base::Settings& settings, Call& call) {
  const auto& request = call.request;
  const auto route = std::find_if(kRoutes.begin(), kRoutes.end(), [&](const Route& r) {
    return has_path(r, request.path) && has_method(r, request.method);
  });
  if (route == kRoutes.end()) {
    call.refusal =
        allowed_methods(request.path).empty() ? ProblemId::not_found : ProblemId::method_not_allowed;
    return;
  }
  call.route = &*route;
  call.path_parameter = find_parameter(*route, request.path);
  call.credentials = find_credentials(settings, request);
  if (is_forbidden_cross_site(settings, call)) call.refusal = ProblemId::cross_site_request;
}

bool needs_session(const Call& call) {
  return !call.refusal && call.route->needs != Needs::nothing && call.credentials.access;
}

http::Response finish_call(Service& service, Call& call) {
  if (call.refusal) return refuse(call, *call.refusal);
  if (call.route->needs == Needs::access_token && !call.session) return refuse(call, ProblemId::unauthorized);
  if (const auto problem = read_fields(call)) return refuse(call, *problem);
  auto answer = call.route->handler(service, call);
  if (answer) return std::move(*answer);
  return refuse(call, answer.problem());
}

void fail_call(Call& call, const std::exception& failure) {
  ProblemId problem = ProblemId::internal_error;
  std::string_view sqlstate;
  if (const auto* error = dynamic_cast<const pg::Error*>(&failure)) {
    problem = error->problem();
    sqlstate = error->sqlstate();
  } else if (dynamic_cast<const std::bad_alloc*>(&failure) != nullptr) {
    problem = ProblemId::service_unavailable;
  }
  base::log_event(base::LogLevel::error, "request_failed",
                  {{"request_id", call.request.request_id},
                   {"path", call.request.path},
                   {"code", base::problem_row(problem).code},
                   {"sqlstate", sqlstate},
                   {"reason", failure.what()}});
  call.refusal = problem;
}

}  // namespace auth
