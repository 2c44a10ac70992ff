#include "server/supervisor.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <string>
#include <thread>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "server/backoff.h"
#include "server/confinement.h"
#include "server/hash_queue.h"
#include "server/notify.h"
#include "server/peer.h"
#include "server/worker_process.h"

namespace server {
namespace {

using base::LogLevel;

/// How often the master looks for workers that hang or must be started again while no signal comes, and how
/// often while all serve and nothing is to be waited for, in milliseconds.
constexpr std::int64_t kPatrolInterval = 200;
constexpr std::int64_t kCalmInterval = 1000;
/// How often it looks whether its sockets still listen, in milliseconds.
constexpr std::int64_t kListenInterval = 5000;
/// A master that has not looked for so many milliseconds was frozen, and its workers probably with it.
constexpr std::int64_t kMostPause = 3000;
/// The milliseconds that workers have to connect to the database before those of the predecessor go.
constexpr std::int64_t kConnectPatience = 10000;

/// The signal that came within `milliseconds`, or -1.
int await_signal(const sigset_t& awaited, std::int64_t milliseconds) {
  const timespec limit{milliseconds / 1000, milliseconds % 1000 * 1000000};
  return ::sigtimedwait(&awaited, nullptr, &limit);
}

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

void warn_of_shared_user(const base::Settings& settings, const Identities& identities) {
  const auto reason = find_shared_user(settings, identities);
  if (!reason.empty())
    base::log_event(LogLevel::warning, "worker_user_shared",
                    {{"user", settings.worker_user}, {"reason", reason}});
}

void warn_of_unconfined() {
  const auto reason = find_confinement_obstacle();
  if (!reason.empty()) base::log_event(LogLevel::warning, "workers_unconfined", {{"reason", reason}});
}

/// Tells that a worker has ended by a call that no worker makes (confinement.h).
void report_overstep(pid_t worker, int status) {
  if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGSYS) return;
  base::log_event(
      LogLevel::error, "worker_overstepped",
      {{"pid", std::int64_t{worker}},
       {"reason", "it made a system call that no worker makes, and was killed by the kernel"},
       {"advice", "somebody may have taken it over; the kernel's log has the number of the call"}});
}

}  // namespace

sigset_t block_awaited() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR2}) ::sigaddset(&set, signal);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  // Whoever started the master may have set SIGCHLD to be ignored. Then waitpid() would report no ended
  // workers.
  install_default(SIGCHLD);
  return set;
}

Supervisor::Supervisor(const base::Settings& settings, const Call& call,
                       const std::optional<Handover>& handover)
    : settings_(settings),
      awaited_(block_awaited()),
      identities_(find_identities(settings)),
      blocklist_(settings.password_blocklist),
      hash_queue_(hash_queue_length(settings, std::thread::hardware_concurrency())),
      scoreboard_(count_workers(settings)),
      listeners_(settings, identities_, hash_queue_, handover),
      former_(handover ? handover->workers : std::vector<pid_t>()),
      reported_at_(base::monotonic_ms()),
      renewal_(call),
      watchdog_interval_(watchdog_interval_ms()),
      any_was_ready_(handover.has_value()) {
  warn_of_shared_user(settings, identities_);
  warn_of_unconfined();
  for (const auto& pool : base::kPools)
    for (std::int64_t i = 0; i < settings.*pool.workers; ++i)
      slots_.push_back(Slot{.pool = pool.id, .cleans_up = pool.cleans_up && i == 0});
}

int Supervisor::run() {
  base::set_tally(scoreboard_.master());
  base::log_event(LogLevel::info, "service_start",
                  {{"pid", std::int64_t{::getpid()}},
                   {"workers", static_cast<std::int64_t>(slots_.size())},
                   {"hash_queue", std::int64_t{hash_queue_}}});
  while (!(stopping_ && !any_alive())) {
    if (!stopping_) spawn_due();
    const int signal = await_signal(awaited_, is_calm() ? kCalmInterval : kPatrolInterval);
    note_ready();
    if (signal > 0) handle_signal(signal);  // first, as reap() may become the program that was tried
    reap();
    if (all_given_up()) return kExitCannotStart;
    kill_hung();
    if (!stopping_) mend_sockets();
    if (!stopping_) renewal_.advance();
    if (!stopping_ && serves()) succeed();
    kill_former();
    report_unfinished();
    reassure();
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
  base::reset_slot(scoreboard_.slot(index), slots_[index].pool, heartbeat_ms());
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
  base::set_tally(scoreboard_.slot(index).tally);
  scoreboard_.keep_own(index);
  const base::PoolRow& pool = base::pool_row(slots_[index].pool);
  WorkerExit code = WorkerExit::cannot_start;
  try {
    prepare_for_peers(listeners_.descriptor(pool.id));
    become_worker(identities_, pool.niceness, master);
    listeners_.close_others(pool.id);
    const WorkerParts parts{settings_,
                            identities_,
                            blocklist_,
                            scoreboard_,
                            listeners_.descriptor(pool.id),
                            slots_[index].cleans_up,
                            pool.accepts_a_turn,
                            pool.id == base::Pool::check};
    code = serve_until_stopped(parts, scoreboard_.slot(index));
  } catch (const std::exception& failure) {
    base::log_event(LogLevel::error, "worker_failed", {{"reason", failure.what()}});
  }
  ::_exit(static_cast<int>(code));
}

void Supervisor::handle_signal(int signal) {
  if (signal == SIGCHLD) return;
  if (signal == SIGHUP || signal == SIGUSR2) return renewal_.request(signal);
  base::log_event(LogLevel::info, stopping_ ? "service_stop_now" : "service_draining",
                  {{"signal", std::int64_t{signal}}});
  notify("STOPPING=1");
  listeners_.unlink_files();
  signal_all(stopping_ ? SIGKILL : SIGTERM);
  stopping_ = true;
  former_until_ = base::monotonic_ms() + heartbeat_ms();
}

void Supervisor::reap() {
  int status = 0;
  for (pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0; pid = ::waitpid(-1, &status, WNOHANG)) {
    const auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& s) { return s.pid == pid; });
    const bool was_worker = slot != slots_.end() || std::erase(former_, pid) > 0;
    if (was_worker) report_overstep(pid, status);
    if (slot != slots_.end()) bury(static_cast<std::size_t>(slot - slots_.begin()), status);
    if (renewal_.succeeded(pid, status) && !stopping_) renew();
  }
}

/// Logs how the worker of a slot ended, and decides from it when the slot is filled again.
void Supervisor::bury(std::size_t index, int status) {
  Slot& slot = slots_[index];
  const bool exited = WIFEXITED(status);
  const int code = exited ? WEXITSTATUS(status) : WTERMSIG(status);
  const bool was_ready = scoreboard_.slot(index).state != base::WorkerState::starting;
  const bool expected = exited && code == static_cast<int>(WorkerExit::retired);
  base::log_event(expected ? LogLevel::info : LogLevel::error, "worker_exit",
                  {{"pool", base::pool_row(slot.pool).name},
                   {"pid", std::int64_t{slot.pid}},
                   {exited ? "code" : "signal", std::int64_t{code}},
                   {"requests", scoreboard_.slot(index).requests.load()}});
  slot.pid = 0;
  scoreboard_.slot(index).state = base::WorkerState::absent;
  slot.cannot_start = exited && code == static_cast<int>(WorkerExit::cannot_start);
  slot.failures = was_ready ? 0 : slot.failures + 1;
  slot.respawn_at = base::monotonic_ms() + respawn_delay_ms(slot.failures);
}

void Supervisor::note_ready() {
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (slots_[i].pid != 0 && scoreboard_.slot(i).state != base::WorkerState::starting) any_was_ready_ = true;
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
                     {"step", base::words_of(heartbeat.step)}});
    ::kill(slots_[i].pid, SIGKILL);
  }
}

/// Has a pool whose socket was lost serve on a new one.
void Supervisor::mend_sockets() {
  const std::int64_t now = base::monotonic_ms();
  if (now < mends_at_) return;
  mends_at_ = now + kListenInterval;
  for (const base::Pool pool : listeners_.mend(identities_, hash_queue_))
    for (const Slot& slot : slots_)
      if (slot.pid != 0 && slot.pool == pool) ::kill(slot.pid, kRetire);
}

/// Becomes the program that has passed its trial; the workers go on under it.
void Supervisor::renew() {
  if (former_until_ == 0 && !former_.empty()) retire_own();
  notify("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(base::monotonic_ms() * 1000));
  renewal_.take_over(listeners_.hand_over(living_workers()));
  listeners_.keep();
  notify("READY=1");
}

/// Those of the predecessor still serve, so that no more workers are needed until those of the next program
/// are there.
void Supervisor::retire_own() {
  for (const Slot& slot : slots_)
    if (slot.pid != 0) ::kill(slot.pid, kRetire);
}

bool Supervisor::serves() const {
  for (std::size_t i = 0; i < slots_.size(); ++i)
    if (slots_[i].pid == 0 || scoreboard_.slot(i).state != base::WorkerState::ready) return false;
  return true;
}

/// A service manager is told of the master after a third of the time that it has said.
bool Supervisor::is_calm() const {
  const bool may_rest = watchdog_interval_ == 0 || watchdog_interval_ >= 3 * kCalmInterval;
  return may_rest && !stopping_ && told_ready_ && former_.empty() && !renewal_.is_trying() && serves();
}

bool Supervisor::are_connected() const {
  return std::all_of(scoreboard_.slots().begin(), scoreboard_.slots().end(),
                     [](const auto& slot) { return slot.connected.load(); });
}

/// All workers are ready: those of the predecessor may go, which have connections to the database, as soon as
/// those of this one have some, too; but not much later, because all of them may have lost it.
void Supervisor::succeed() {
  if (!std::exchange(told_ready_, true)) notify("READY=1");
  if (former_.empty() || former_until_ != 0) return;
  if (succeeds_at_ == 0) succeeds_at_ = base::monotonic_ms() + kConnectPatience;
  if (!are_connected() && base::monotonic_ms() < succeeds_at_) return;
  base::log_event(LogLevel::info, "service_renewed",
                  {{"workers", static_cast<std::int64_t>(former_.size())}});
  former_until_ = base::monotonic_ms() + heartbeat_ms();
  for (const pid_t worker : former_) ::kill(worker, kRetire);
}

/// Kills the workers of the predecessor that have not ended in time.
void Supervisor::kill_former() {
  const std::int64_t now = base::monotonic_ms();
  if (former_.empty() || former_until_ == 0 || now < former_until_) return;
  base::log_event(LogLevel::error, "former_workers_killed",
                  {{"workers", static_cast<std::int64_t>(former_.size())}});
  former_until_ = now + heartbeat_ms();
  for (const pid_t worker : former_) ::kill(worker, SIGKILL);
}

/// While the workers of the predecessor serve, with their settings, for longer than a start takes.
void Supervisor::report_unfinished() {
  const std::int64_t now = base::monotonic_ms();
  if (former_.empty() || former_until_ != 0 || now < reported_at_ + heartbeat_ms()) return;
  reported_at_ = now;
  base::log_event(LogLevel::error, "renewal_unfinished",
                  {{"workers", static_cast<std::int64_t>(former_.size())},
                   {"advice", "they serve with the settings of before, until all new workers are ready"}});
}

/// Tells the service manager in time that the master lives.
void Supervisor::reassure() {
  const std::int64_t now = base::monotonic_ms();
  if (watchdog_interval_ == 0 || now < reassured_at_ + watchdog_interval_ / 3) return;
  reassured_at_ = now;
  notify("WATCHDOG=1");
}

std::vector<pid_t> Supervisor::living_workers() const {
  std::vector<pid_t> living = former_;
  for (const Slot& slot : slots_)
    if (slot.pid != 0) living.push_back(slot.pid);
  return living;
}

void Supervisor::signal_all(int signal) const {
  for (const pid_t worker : living_workers()) ::kill(worker, signal);
}

bool Supervisor::any_alive() const {
  return !living_workers().empty();
}

bool Supervisor::all_given_up() const {
  return std::all_of(slots_.begin(), slots_.end(), [this](const Slot& slot) { return is_given_up(slot); });
}

int serve_stdin(const base::Settings& settings) {
  const Identities identities = find_identities(settings);
  warn_of_shared_user(settings, identities);
  warn_of_unconfined();
  const auth::Blocklist blocklist(settings.password_blocklist);
  base::Scoreboard scoreboard(1);
  drop_privileges(identities);
  prepare_for_peers(STDIN_FILENO);
  confine_worker();
  base::reset_slot(scoreboard.slot(0), base::Pool::check, 0);
  base::set_tally(scoreboard.slot(0).tally);
  base::log_event(LogLevel::info, "service_start", {{"pid", std::int64_t{::getpid()}}, {"workers", 1}});
  return static_cast<int>(serve_until_stopped(
      {settings, identities, blocklist, scoreboard, STDIN_FILENO, true, 1, true}, scoreboard.slot(0)));
}

}  // namespace server
