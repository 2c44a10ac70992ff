#include "auth/engine.h"

#include <algorithm>
#include <vector>

#include "auth/answers.h"
#include "auth/audit.h"
#include "auth/failures.h"
#include "auth/patience.h"
#include "auth/routes.h"
#include "base/clock.h"
#include "base/tally.h"
#include "base/text.h"

namespace auth {
namespace {

using base::Problem;
using base::ProblemId;

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

/// A request for a hash that has waited so long that its answer would come too late. Counts how long it was.
bool is_late(const Call& call) {
  if (!computes_hash(*call.route)) return false;
  const auto now = std::chrono::time_point_cast<base::Time::duration>(std::chrono::system_clock::now());
  const auto waited = find_wait(call.request.passed_on_at, now);
  if (waited) base::tally().queue.observe(std::chrono::microseconds(*waited).count());
  if (!waited || *waited <= kMostWait) return false;
  audit(call, base::LogLevel::warning, "request_late");
  return true;
}

/// The members of the body. The body may be absent when the route requires no field. GET and HEAD have none.
base::Result<http::Fields> read_fields(const Call& call) {
  const http::Request& request = call.request;
  http::Fields none(call.route->fields);
  if (is_safe(request.method)) return none;
  if (auto problem = check_content_length(request)) return std::move(*problem);
  if (request.body.empty() && none.missing().empty()) return none;
  const bool encoded =
      !request.content_encoding.empty() && !base::equals_ignoring_case(request.content_encoding, "identity");
  if (encoded || !is_json_content_type(request.content_type)) return ProblemId::unsupported_media_type;
  return http::parse_fields(request.body, call.route->fields);
}

/// True when the route needs a session, and a token for it is there whose session was not found yet.
bool lacks_session(const Call& call) {
  return call.route->needs != Needs::nothing && call.credentials.access && !call.session;
}

/// Makes the response for a Problem and logs it. All refused requests come through here.
http::Response refuse(const Call& call, Problem problem) {
  audit_refusal(call, problem.id);
  const auto is_challenge = [](const auto& header) { return header.first == "WWW-Authenticate"; };
  const bool has_challenge = std::any_of(problem.headers.begin(), problem.headers.end(), is_challenge);
  if (base::problem_row(problem.id).status == 401 && !has_challenge)
    problem.headers.push_back(make_challenge(call.credentials.access_given));
  return http::make_problem_response(std::move(problem), call.request.request_id);
}

/// Counts an answer, before it is sent, so that whoever has one finds it counted.
void count_answer(const Call& call, int status, std::int64_t microseconds) {
  auto& route = base::tally().routes[index_of(call.route)];
  route.answers[static_cast<std::size_t>(status / 100 - 1)].add();
  route.durations.observe(microseconds);
}

}  // namespace

void Engine::answer(std::span<const http::Request* const> requests, const Deliver& deliver) {
  const std::int64_t begun = base::monotonic_us();
  service_.restart_deadline();
  std::vector<Pending> batch;
  batch.reserve(requests.size());
  for (const auto* request : requests) batch.push_back(admit(*request));
  find_sessions(batch);
  mark_first_uses(batch);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const http::Response response = respond(batch[i]);
    count_answer(batch[i].call, response.status, base::monotonic_us() - begun);
    deliver(i, response);
  }
}

/// Finds the route and the credentials, and refuses what can be refused without the database.
Engine::Pending Engine::admit(const http::Request& request) const {
  Pending pending{Call(request), std::nullopt};
  Call& call = pending.call;
  auto route = find_route(request.method, request.path);
  if (!route) {
    pending.refusal = std::move(route.problem());
    return pending;
  }
  call.route = *route;
  if (is_late(call)) {
    pending.refusal = ProblemId::service_unavailable;
    return pending;
  }
  call.path_parameter = find_path_parameter(*call.route, request.path);
  if (has_repeated_header(request)) {
    pending.refusal = ProblemId::repeated_header;
    return pending;
  }
  call.credentials = find_credentials(service_.settings, request);
  if (is_forbidden_cross_site(service_.settings, call)) pending.refusal = ProblemId::cross_site_request;
  return pending;
}

/// Only what checks look up may come from the standby. What follows a lookup there that failed is asked of
/// the primary, too. An access token that was just replaced is looked up only where the first lookup found
/// nothing, so that a request with the current one costs a single lookup.
void Engine::find_sessions(std::span<Pending> batch) {
  reads_standby_ = standby_ != nullptr && std::ranges::all_of(batch, [](const Pending& pending) {
                     return pending.call.route == nullptr || pending.call.route->pool == base::Pool::check;
                   });
  look_up(batch, &store::Sessions::find_by_access);
  look_up(batch, &store::Sessions::find_by_previous_access);
}

/// Looks up the sessions that are lacking, all in one round trip.
store::FoundSessions Engine::find(Standby::Lookup lookup, std::span<const crypto::Digest> hashes) {
  if (reads_standby_)
    if (auto found = standby_->find(lookup, hashes)) return std::move(*found);
  reads_standby_ = false;
  return (service_.sessions.*lookup)(hashes);
}

void Engine::look_up(std::span<Pending> batch, Standby::Lookup lookup) {
  std::vector<Pending*> wanting;
  for (Pending& pending : batch)
    if (!pending.refusal && lacks_session(pending.call)) wanting.push_back(&pending);
  if (wanting.empty()) return;
  const auto failure = catch_failure([&] {
    std::vector<crypto::Digest> hashes;
    hashes.reserve(wanting.size());
    for (const Pending* pending : wanting) hashes.push_back(pending->call.credentials.access->hash());
    auto found = find(lookup, hashes);
    for (std::size_t i = 0; i < found.size(); ++i) wanting[i]->call.session = std::move(found[i]);
  });
  if (!failure) return;
  for (Pending* pending : wanting) {
    audit_failure(pending->call, *failure);
    pending->refusal = failure->problem;
  }
}

/// Records the first use of a new pair of tokens. From then on, the previous refresh token gets that pair
/// again only during REFRESH_GRACE (docs/sessions.md, rotation table, row 3). It is recorded before the
/// answers are sent. A failure is harmless: the next check tries again.
void Engine::mark_first_uses(std::span<Pending> batch) {
  for (const Pending& pending : batch) {
    const auto& session = pending.call.session;
    if (!session || !session->first_use) continue;
    const auto& access = *pending.call.credentials.access;
    const auto failure = catch_failure([&] { service_.sessions.mark_used(session->id, access.hash()); });
    if (failure) log_failure(base::LogLevel::debug, "first_use_not_marked", *failure);
  }
}

http::Response Engine::respond(Pending& pending) {
  Call& call = pending.call;
  if (pending.refusal) return refuse(call, std::move(*pending.refusal));
  std::optional<Answer> answer;
  if (const auto failure = catch_failure([&] { answer = handle(call); })) {
    audit_failure(call, *failure);
    return refuse(call, failure->problem);
  }
  return *answer ? std::move(answer->value()) : refuse(call, std::move(answer->problem()));
}

Answer Engine::handle(Call& call) {
  if (call.route->needs == Needs::session && !call.session) {
    const auto answer_for = call.credentials.several_access ? offer_another_try : without_strays;
    return answer_for(service_, call, ProblemId::unauthorized);
  }
  auto fields = read_fields(call);
  if (!fields) return std::move(fields.problem());
  call.fields = std::move(*fields);
  return call.route->handler(service_, call);
}

}  // namespace auth
