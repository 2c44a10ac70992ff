#include "server/supervisor.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <new>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "server/backoff.h"
#include "server/hash_queue.h"
#include "server/scoreboard.h"
#include "server/worker.h"

namespace server {
namespace {

using base::LogLevel;

/// How often the master looks for workers that hang or must be started again while no signal comes.
constexpr timespec kPatrolInterval{0, 200000000};
/// A master that has not looked for so many milliseconds was frozen, and its workers probably with it.
constexpr std::int64_t kMostPause = 2000;

void install_default(int signal) {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);
}

std::size_t count_workers(const base::Settings& settings) {
  std::int64_t count = 0;
  for (const auto& pool : base::kPools) count += settings.*pool.workers;
  return static_cast<std::size_t>(count);
}

sigset_t make_awaited() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGQUIT, SIGHUP}) ::sigaddset(&set, signal);
  return set;
}

/// Prepares the process of a worker: it gives up root, gets SIGTERM when the master ends, and takes the
/// priority of its pool.
void become_worker(const Identities& identities, int niceness, pid_t master) {
  drop_privileges(identities);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // after the change of the user, which would clear it
  if (::getppid() != master) ::kill(::getpid(), SIGTERM);
  if (niceness != 0) ::setpriority(PRIO_PROCESS, 0, niceness);
}

/// Runs a worker and returns how it ended. Logs exceptions that no request could answer for.
WorkerExit serve_until_stopped(const WorkerParts& parts, ScoreboardSlot& slot) {
  try {
    Worker(parts, slot).run();
    return WorkerExit::retired;
  } catch (const std::bad_alloc& failure) {
    base::log_event(LogLevel::error, "worker_failed", {{"reason", failure.what()}});
    return WorkerExit::crashed;
  } catch (const std::exception& failure) {
    base::log_event(LogLevel::error, "worker_failed", {{"reason", failure.what()}});
    const bool started = slot.state != WorkerState::starting;
    return started ? WorkerExit::crashed : WorkerExit::cannot_start;
  }
}

void warn_of_shared_user(const base::Settings& settings, const Identities& identities) {
  const auto reason = find_shared_user(settings, identities);
  if (!reason.empty())
    base::log_event(LogLevel::warning, "worker_user_shared",
                    {{"user", settings.worker_user}, {"reason", reason}});
}

}  // namespace

Supervisor::Supervisor(const base::Settings& settings)
    : settings_(settings),
      identities_(find_identities(settings)),
      blocklist_(settings.password_blocklist),
      hash_queue_(hash_queue_length(settings, std::thread::hardware_concurrency())),
      listeners_(settings, identities_, hash_queue_),
      scoreboard_(count_workers(settings)),
      awaited_(make_awaited()) {
  warn_of_shared_user(settings, identities_);
  for (const auto& pool : base::kPools)
    for (std::int64_t i = 0; i < settings.*pool.workers; ++i)
      slots_.push_back(Slot{.pool = pool.id, .cleans_up = pool.cleans_up && i == 0});
}

int Supervisor::run() {
  ::sigprocmask(SIG_BLOCK, &awaited_, nullptr);
  // Whoever started the master may have set SIGCHLD to be ignored. Then waitpid() would report no ended
  // workers.
  install_default(SIGCHLD);
  base::log_event(LogLevel::info, "service_start",
                  {{"pid", std::int64_t{::getpid()}},
                   {"workers", static_cast<std::int64_t>(slots_.size())},
                   {"hash_queue", std::int64_t{hash_queue_}}});
  while (!(stopping_ && !any_alive())) {
    if (!stopping_) spawn_due();
    const int signal = ::sigtimedwait(&awaited_, nullptr, &kPatrolInterval);
    note_ready();
    reap();
    if (all_given_up()) return kExitCannotStart;
    if (signal > 0) handle_signal(signal);
    kill_hung();
  }
  base::log_event(LogLevel::info, "service_stop", {{"pid", std::int64_t{::getpid()}}});
  return kExitStopped;
}

void Supervisor::spawn_due() {
  const std::int64_t now = base::monotonic_ms();
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (slots_[i].pid == 0 && !is_given_up(slots_[i]) && now >= slots_[i].respawn_at) spawn(i);
}

void Supervisor::spawn(std::size_t index) {
  reset_slot(scoreboard_.slot(index), heartbeat_ms());
  const pid_t master = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) run_worker(index, master);
  Slot& slot = slots_[index];
  if (pid < 0) {
    slot.respawn_at = base::monotonic_ms() + respawn_delay_ms(++slot.failures);
    base::log_event(LogLevel::error, "fork_failed",
                    {{"retry_in_ms", slot.respawn_at - base::monotonic_ms()}});
    return;
  }
  slot.pid = pid;
  base::log_event(LogLevel::info, "worker_start",
                  {{"pool", base::pool_row(slot.pool).name}, {"pid", std::int64_t{pid}}});
}

/// Runs a worker in its own process after the fork. It ends by _exit(), so that no destructor of the master
/// runs there: that would remove the socket files, for example.
void Supervisor::run_worker(std::size_t index, pid_t master) {
  const base::PoolRow& pool = base::pool_row(slots_[index].pool);
  WorkerExit code = WorkerExit::cannot_start;
  try {
    become_worker(identities_, pool.niceness, master);
    listeners_.close_others(pool.id);
    const WorkerParts parts{
        settings_,          identities_, blocklist_, listeners_.descriptor(pool.id), slots_[index].cleans_up,
        pool.accepts_a_turn};
    code = serve_until_stopped(parts, scoreboard_.slot(index));
  } catch (const std::exception& failure) {
    base::log_event(LogLevel::error, "worker_failed", {{"reason", failure.what()}});
  }
  ::_exit(static_cast<int>(code));
}

void Supervisor::handle_signal(int signal) {
  if (signal == SIGCHLD) return;
  if (signal == SIGHUP) {
    base::log_event(LogLevel::warning, "signal_ignored",
                    {{"detail", "SIGHUP: restart the service to change settings"}});
    return;
  }
  base::log_event(LogLevel::info, stopping_ ? "service_stop_now" : "service_draining",
                  {{"signal", std::int64_t{signal}}});
  listeners_.unlink_files();
  signal_all(stopping_ ? SIGKILL : SIGTERM);
  stopping_ = true;
}

void Supervisor::reap() {
  int status = 0;
  for (pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0; pid = ::waitpid(-1, &status, WNOHANG)) {
    const auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& s) { return s.pid == pid; });
    if (slot != slots_.end()) bury(static_cast<std::size_t>(slot - slots_.begin()), status);
  }
}

/// Logs how the worker of a slot ended, and decides from it when the slot is filled again.
void Supervisor::bury(std::size_t index, int status) {
  Slot& slot = slots_[index];
  const bool exited = WIFEXITED(status);
  const int code = exited ? WEXITSTATUS(status) : WTERMSIG(status);
  const bool was_ready = scoreboard_.slot(index).state != WorkerState::starting;
  const bool expected = exited && code == static_cast<int>(WorkerExit::retired);
  base::log_event(expected ? LogLevel::info : LogLevel::error, "worker_exit",
                  {{"pool", base::pool_row(slot.pool).name},
                   {"pid", std::int64_t{slot.pid}},
                   {exited ? "code" : "signal", std::int64_t{code}},
                   {"requests", scoreboard_.slot(index).requests.load()}});
  slot.pid = 0;
  slot.cannot_start = exited && code == static_cast<int>(WorkerExit::cannot_start);
  slot.failures = was_ready ? 0 : slot.failures + 1;
  slot.respawn_at = base::monotonic_ms() + respawn_delay_ms(slot.failures);
}

void Supervisor::note_ready() {
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (slots_[i].pid != 0 && scoreboard_.slot(i).state != WorkerState::starting) any_was_ready_ = true;
}

/// Kills workers whose sign of life is overdue, whatever the reason. After a time in which the master itself
/// did not run, all of them get REQUEST_TIMEOUT anew: they were frozen with it, or had as little of the
/// processors.
void Supervisor::kill_hung() {
  const std::int64_t now = base::monotonic_ms();
  if (now - std::exchange(patrolled_at_, now) > kMostPause) judged_from_ = now + heartbeat_ms();
  if (now < judged_from_) return;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    base::Heartbeat& heartbeat = scoreboard_.slot(i).heartbeat;
    if (slots_[i].pid == 0 || now <= heartbeat.due) continue;
    heartbeat.due = now + heartbeat_ms();  // until then it is reaped, or killed once more
    base::log_event(LogLevel::error, "worker_hung",
                    {{"pool", base::pool_row(slots_[i].pool).name},
                     {"pid", std::int64_t{slots_[i].pid}},
                     {"step", base::row_of(base::kSteps, heartbeat.step).words}});
    ::kill(slots_[i].pid, SIGKILL);
  }
}

void Supervisor::signal_all(int signal) const {
  for (const Slot& slot : slots_)
    if (slot.pid != 0) ::kill(slot.pid, signal);
}

bool Supervisor::any_alive() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.pid != 0; });
}

bool Supervisor::all_given_up() const {
  return std::all_of(slots_.begin(), slots_.end(), [this](const Slot& slot) { return is_given_up(slot); });
}

int serve_stdin(const base::Settings& settings) {
  const Identities identities = find_identities(settings);
  warn_of_shared_user(settings, identities);
  const auth::Blocklist blocklist(settings.password_blocklist);
  drop_privileges(identities);
  Scoreboard scoreboard(1);
  reset_slot(scoreboard.slot(0), 0);
  base::log_event(LogLevel::info, "service_start", {{"pid", std::int64_t{::getpid()}}, {"workers", 1}});
  return static_cast<int>(
      serve_until_stopped({settings, identities, blocklist, STDIN_FILENO, true, 1}, scoreboard.slot(0)));
}

}  // namespace server
