#include "server/caretaker.h"

#include <sys/wait.h>

#include <csignal>
#include <ctime>

#include "base/clock.h"
#include "base/log.h"
#include "server/listen.h"
#include "server/notify.h"
#include "server/supervisor.h"

namespace server {
namespace {

constexpr timespec kPatrolInterval{1, 0};
constexpr std::int64_t kRetryInterval = 10000;  // milliseconds

bool is_stop(int signal) {
  return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT;
}

void signal_all(const Handover& handover, int signal) {
  for (const pid_t worker : handover.workers) ::kill(worker, signal);
}

/// Takes note of the children that have ended. One of them may be the trial, which then leads to the new
/// program.
void reap(Handover& handover, Renewal& renewal, bool stopping) {
  int status = 0;
  for (pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0; pid = ::waitpid(-1, &status, WNOHANG)) {
    std::erase(handover.workers, pid);
    if (renewal.succeeded(pid, status) && !stopping) renewal.take_over(handover);
  }
}

}  // namespace

int take_care(Handover handover, const Call& call) {
  const sigset_t awaited = block_awaited();
  Renewal renewal(call);
  bool stopping = false;
  std::int64_t retry_at = base::monotonic_ms() + kRetryInterval;
  base::log_event(base::LogLevel::error, "renewal_unfinished",
                  {{"workers", static_cast<std::int64_t>(handover.workers.size())},
                   {"advice",
                    "the workers of before serve as they did; correct what keeps the service from its start, "
                    "which is tried again every ten seconds"}});
  while (!(stopping && handover.workers.empty())) {
    const int signal = ::sigtimedwait(&awaited, nullptr, &kPatrolInterval);
    if (is_stop(signal)) {
      remove_files(handover);
      signal_all(handover, stopping ? SIGKILL : SIGTERM);
      stopping = true;
    }
    if (signal == SIGHUP || signal == SIGUSR2) renewal.request(signal);
    if (base::monotonic_ms() >= retry_at) {
      renewal.request(SIGHUP);
      retry_at = base::monotonic_ms() + kRetryInterval;
    }
    reap(handover, renewal, stopping);
    if (!stopping) renewal.advance();
    notify("WATCHDOG=1");
  }
  return kExitStopped;
}

}  // namespace server
