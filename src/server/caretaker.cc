#include "server/caretaker.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "server/listen.h"
#include "server/notify.h"
#include "server/supervisor.h"

namespace server {
namespace {

// All times but the first are in milliseconds.
constexpr timespec kPatrolInterval{1, 0};
constexpr std::int64_t kRetryInterval = 10000;
constexpr std::int64_t kStopLimit = 15000;  // for workers that hang; no settings say another time

bool is_stop(int signal) {
  return signal == SIGTERM || signal == SIGINT || signal == SIGQUIT;
}

class Caretaker {
 public:
  Caretaker(Handover handover, const Call& call) : handover_(std::move(handover)), renewal_(call) {}

  int run() {
    const sigset_t awaited = block_awaited();
    while (!(stopping() && handover_.workers.empty())) {
      const int signal = ::sigtimedwait(&awaited, nullptr, &kPatrolInterval);
      if (is_stop(signal)) stop(signal);
      if (signal == SIGHUP || signal == SIGUSR2) renewal_.request(signal);
      reap();
      stopping() ? kill_late() : retry();
      // Without workers nothing is served: then the manager of services may begin anew.
      if (!handover_.workers.empty()) notify("WATCHDOG=1");
    }
    base::log_event(base::LogLevel::info, "service_stop", {{"pid", std::int64_t{::getpid()}}});
    return kExitStopped;
  }

 private:
  bool stopping() const { return killed_at_ != 0; }

  void signal_all(int signal) const {
    for (const pid_t worker : handover_.workers) ::kill(worker, signal);
  }

  void stop(int signal) {
    base::log_event(base::LogLevel::info, stopping() ? "service_stop_now" : "service_draining",
                    {{"signal", std::int64_t{signal}}});
    if (stopping()) return signal_all(SIGKILL);
    notify("STOPPING=1");
    remove_files(handover_);
    signal_all(SIGTERM);
    killed_at_ = base::monotonic_ms() + kStopLimit;
  }

  void kill_late() const {
    if (base::monotonic_ms() >= killed_at_) signal_all(SIGKILL);
  }

  /// A request that came while a trial runs would have it tried once more, so the time counts from its end.
  void retry() {
    const std::int64_t now = base::monotonic_ms();
    if (!renewal_.is_trying() && now >= retry_at_) renewal_.request(SIGHUP);
    renewal_.advance();
    if (renewal_.is_trying()) retry_at_ = now + kRetryInterval;
  }

  /// Takes note of the children that have ended. One of them may be the trial, which then leads to the new
  /// program.
  void reap() {
    int status = 0;
    for (pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0; pid = ::waitpid(-1, &status, WNOHANG)) {
      std::erase(handover_.workers, pid);
      if (renewal_.succeeded(pid, status) && !stopping()) renewal_.take_over(handover_);
    }
  }

  Handover handover_;
  Renewal renewal_;
  std::int64_t retry_at_ = base::monotonic_ms() + kRetryInterval;
  std::int64_t killed_at_ = 0;  ///< When workers are killed that have not ended after a stop; 0: before one.
};

}  // namespace

int take_care(Handover handover, const Call& call) {
  base::log_event(base::LogLevel::error, "renewal_unfinished",
                  {{"workers", static_cast<std::int64_t>(handover.workers.size())},
                   {"advice",
                    "the workers of before serve as they did; correct what keeps the service from its start, "
                    "which is tried again every ten seconds"}});
  return Caretaker(std::move(handover), call).run();
}

}  // namespace server
