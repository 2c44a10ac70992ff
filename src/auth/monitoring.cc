// What the service tells those who watch it (/status, /metrics), and who they may be.
#include <algorithm>
#include <array>

#include "auth/answers.h"
#include "auth/handlers.h"
#include "auth/metrics.h"
#include "base/network.h"

namespace auth {
namespace {

constexpr std::array<std::string_view, 2> kLoopback{"127.0.0.0/8", "::1"};

bool is_in_any(std::string_view address, const auto& networks) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const auto& network) { return base::is_in_network(address, network); });
}

/// A program of this host that says for whom it asks, as proxies do, asks for another.
bool may_watch(const base::Settings& settings, const http::Request& request) {
  const bool is_local = request.forwarded.empty() && is_in_any(request.remote_address, kLoopback);
  return is_local || is_in_any(request.remote_address, settings.status_from);
}

}  // namespace

Answer get_status(Service& service, Call& call) {
  if (!may_watch(service.settings, call.request)) return base::ProblemId::status_forbidden;
  return make_json(make_status(service.scoreboard));
}

Answer get_metrics(Service& service, Call& call) {
  if (!may_watch(service.settings, call.request)) return base::ProblemId::status_forbidden;
  http::Response response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = make_metrics(service.scoreboard);
  return response;
}

}  // namespace auth
