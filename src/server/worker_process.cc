#include "server/worker_process.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <exception>
#include <new>

#include "base/log.h"
#include "server/confinement.h"

namespace server {

using base::LogLevel;

void become_worker(const Identities& identities, int niceness, pid_t master) {
  drop_privileges(identities);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // after the change of the user, which would clear it
  if (::getppid() != master) ::kill(::getpid(), SIGTERM);
  if (niceness != 0) ::setpriority(PRIO_PROCESS, 0, niceness);
  confine_worker();
}

WorkerExit serve_until_stopped(const WorkerParts& parts, base::ScoreboardSlot& slot) {
  try {
    Worker(parts, slot).run();
    return WorkerExit::retired;
  } catch (const std::bad_alloc& failure) {
    base::log_event(LogLevel::error, "worker_failed", {{"reason", failure.what()}});
    return WorkerExit::crashed;
  } catch (const std::exception& failure) {
    base::log_event(LogLevel::error, "worker_failed", {{"reason", failure.what()}});
    const bool started = slot.state != base::WorkerState::starting;
    return started ? WorkerExit::crashed : WorkerExit::cannot_start;
  }
}

}  // namespace server
