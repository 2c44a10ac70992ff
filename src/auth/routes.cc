#include "auth/routes.h"

#include <algorithm>
#include <array>
#include <string>

#include "auth/handlers.h"
#include "base/tally.h"

namespace auth {
namespace {

using base::Problem;
using base::ProblemId;
using http::FieldSpec;
using enum base::Pool;

constexpr std::array kRegisterFields{FieldSpec{"name", true}, FieldSpec{"username", true},
                                     FieldSpec{"password", true}, FieldSpec{"redirect", false},
                                     FieldSpec{"invite", false}};
constexpr std::array kLoginFields{FieldSpec{"username", true}, FieldSpec{"password", true},
                                  FieldSpec{"redirect", false}};
constexpr std::array kRefreshFields{FieldSpec{"redirect", false}};
constexpr std::array kLogoutFields{FieldSpec{"redirect", false}};
constexpr std::array kChangeFields{FieldSpec{"new_password", true}, FieldSpec{"current_password", false}};
constexpr std::array kResetFields{FieldSpec{"token", true}, FieldSpec{"new_password", true}};
constexpr std::array kDeleteFields{FieldSpec{"current_password", false}};
constexpr std::array kRenameFields{FieldSpec{"name", true}};

// clang-format off
constexpr std::array kRoutes{
    Route{.method = "GET", .path = "/health", .pool = check,
          .handler = get_health},
    Route{.method = "GET", .path = "/ready", .pool = check,
          .handler = get_ready},
    Route{.method = "GET", .path = "/status", .pool = check,
          .handler = get_status},
    Route{.method = "GET", .path = "/metrics", .pool = check,
          .handler = get_metrics},
    Route{.method = "GET", .path = "/content", .pool = check, .needs = Needs::session,
          .handler = get_content},
    Route{.method = "GET", .path = "/verify", .pool = check, .needs = Needs::session_if_any,
          .handler = get_verify},
    Route{.method = "POST", .path = "/register", .pool = password, .limited = true,
          .cross_site = CrossSite::always, .fields = kRegisterFields, .handler = post_register},
    Route{.method = "POST", .path = "/login", .pool = password, .limited = true,
          .cross_site = CrossSite::always, .fields = kLoginFields, .handler = post_login},
    Route{.method = "POST", .path = "/logout", .pool = write, .fields = kLogoutFields,
          .handler = post_logout},
    Route{.method = "POST", .path = "/refresh", .pool = write, .fields = kRefreshFields,
          .handler = post_refresh},
    Route{.method = "POST", .path = "/change-password", .pool = password, .limited = true,
          .needs = Needs::session, .fields = kChangeFields, .handler = post_change_password},
    Route{.method = "POST", .path = "/reset-password", .pool = password, .limited = true,
          .fields = kResetFields, .handler = post_reset_password},
    Route{.method = "DELETE", .path = "/delete", .pool = password, .limited = true,
          .needs = Needs::session, .fields = kDeleteFields, .handler = delete_account},
    Route{.method = "GET", .path = "/me", .pool = check, .needs = Needs::session,
          .handler = get_me},
    Route{.method = "PATCH", .path = "/me", .pool = write, .needs = Needs::session, .fields = kRenameFields,
          .handler = patch_me},
    Route{.method = "GET", .path = "/sessions", .pool = check, .needs = Needs::session,
          .handler = get_sessions},
    Route{.method = "GET", .path = "/events", .pool = check, .needs = Needs::session,
          .handler = get_events},
    Route{.method = "DELETE", .path = "/sessions", .pool = write, .needs = Needs::session,
          .handler = delete_sessions},
    Route{.method = "DELETE", .path = "/sessions/{id}", .pool = write, .needs = Needs::session,
          .handler = delete_session},
};
// clang-format on

/// True when those that hash are limited, and no two rows have the same method and path.
consteval bool is_route_table() {
  for (const Route& route : kRoutes) {
    const auto is_same = [&](const Route& other) {
      return other.method == route.method && other.path == route.path;
    };
    if (computes_hash(route) && !route.limited) return false;
    if (std::count_if(kRoutes.begin(), kRoutes.end(), is_same) != 1) return false;
  }
  return true;
}
static_assert(is_route_table());

constexpr std::string_view kParameter = "{id}";

bool has_path(const Route& route, std::string_view path) {
  if (!route.path.ends_with(kParameter)) return route.path == path;
  const auto prefix = route.path.substr(0, route.path.size() - kParameter.size());
  return path.starts_with(prefix) && path.size() > prefix.size() &&
         path.find('/', prefix.size()) == std::string_view::npos;
}

bool has_method(const Route& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

/// The route of a method and a path; null when there is none.
const Route* look_up(std::string_view method, std::string_view path) {
  const auto route = std::find_if(kRoutes.begin(), kRoutes.end(), [&](const Route& candidate) {
    return has_path(candidate, path) && has_method(candidate, method);
  });
  return route == kRoutes.end() ? nullptr : &*route;
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

}  // namespace

std::span<const Route> routes() {
  return kRoutes;
}

std::size_t index_of(const Route* route) {
  static_assert(kRoutes.size() < base::kMostRoutes);
  return route == nullptr ? kRoutes.size() : static_cast<std::size_t>(route - kRoutes.data());
}

bool is_safe(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

bool computes_hash(const http::Request& request) {
  const Route* route = look_up(request.method, request.path);
  return route != nullptr && computes_hash(*route);
}

base::Result<const Route*> find_route(std::string_view method, std::string_view path) {
  if (const Route* route = look_up(method, path)) return route;
  auto allowed = allowed_methods(path);
  if (allowed.empty()) return ProblemId::not_found;
  Problem problem(ProblemId::method_not_allowed);
  problem.headers.emplace_back("Allow", std::move(allowed));
  return problem;
}

std::string_view find_path_parameter(const Route& route, std::string_view path) {
  return route.path.ends_with(kParameter) ? path.substr(route.path.size() - kParameter.size())
                                          : std::string_view();
}

}  // namespace auth
