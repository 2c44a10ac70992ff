#include "auth/audit.h"

#include <algorithm>
#include <array>

#include "base/problem.h"

namespace auth {
namespace {

using base::LogLevel;
using base::ProblemId;

struct RefusalEvent {
  ProblemId problem;
  LogLevel level;
  std::string_view event;
};

/// Problems that are not listed have no event, or one that a handler logs.
constexpr std::array kRefusalEvents{
    RefusalEvent{ProblemId::invalid_request, LogLevel::info, "input_validation_fail"},
    RefusalEvent{ProblemId::invalid_json, LogLevel::info, "input_validation_fail"},
    RefusalEvent{ProblemId::invalid_content_length, LogLevel::warning, "input_validation_fail"},
    RefusalEvent{ProblemId::repeated_header, LogLevel::warning, "input_validation_fail"},
    RefusalEvent{ProblemId::payload_too_large, LogLevel::info, "input_validation_fail"},
    RefusalEvent{ProblemId::unsupported_media_type, LogLevel::info, "input_validation_fail"},
    RefusalEvent{ProblemId::cross_site_request, LogLevel::warning, "malicious_csrf"},
    RefusalEvent{ProblemId::not_found, LogLevel::info, "request_refused"},
    RefusalEvent{ProblemId::method_not_allowed, LogLevel::info, "request_refused"},
    RefusalEvent{ProblemId::unauthorized, LogLevel::debug, "request_refused"},
    RefusalEvent{ProblemId::current_password_required, LogLevel::info, "request_refused"},
};

}  // namespace

void audit(const Call& call, LogLevel level, std::string_view event, std::optional<store::UserId> user,
           std::optional<store::SessionId> session, std::string_view detail) {
  const std::string user_text = user ? std::to_string(user->value) : "";
  const std::string session_text = session ? std::to_string(session->value) : "";
  base::log_event(level, event,
                  {{"request_id", call.request.request_id},
                   {"ip", call.request.remote_address},
                   {"user_id", user_text},
                   {"session_id", session_text},
                   {"detail", detail}});
}

void audit_refusal(const Call& call, ProblemId problem) {
  const auto row = std::find_if(kRefusalEvents.begin(), kRefusalEvents.end(),
                                [&](const RefusalEvent& event) { return event.problem == problem; });
  if (row == kRefusalEvents.end()) return;
  audit(call, row->level, row->event, {}, {}, base::problem_row(problem).code);
}

void audit_failure(const Call& call, const Failure& failure) {
  base::log_event(LogLevel::error, "request_failed",
                  {{"request_id", call.request.request_id},
                   {"path", call.request.path},
                   {"code", base::problem_row(failure.problem).code},
                   {"sqlstate", failure.sqlstate},
                   {"reason", failure.reason}});
}

}  // namespace auth
