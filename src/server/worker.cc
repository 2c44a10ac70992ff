#include "server/worker.h"

#include <grp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <random>
#include <stdexcept>
#include <system_error>

#include "auth/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "server/scoreboard.h"
#include "store/statements.h"

namespace server {
namespace {

constexpr std::int64_t kFirstByteLimit = 2000;  // for a whole request on a new connection, or the rest of one
constexpr std::int64_t kIdleLimit = 75000;      // above nginx's keepalive_timeout, so that it closes first
constexpr std::int64_t kSweepInterval = 500;
constexpr std::size_t kMostPeers = 512;  // well below the usual limit of open files
constexpr int kMostEvents = 128;

volatile sig_atomic_t stop_requested = 0;

void handle_stop(int) {
  stop_requested = 1;
}

void ignore_signal(int) {}

void install(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

/// Everything is blocked but during the wait, where SIGTERM is let through.
sigset_t make_wait_mask() {
  sigset_t mask;
  ::sigfillset(&mask);
  ::sigdelset(&mask, SIGTERM);
  return mask;
}

/// Under full load the wait returns at once and lets no signal through: then it is found here.
bool is_stop_pending() {
  sigset_t pending;
  return ::sigpending(&pending) == 0 && ::sigismember(&pending, SIGTERM) == 1;
}

/// Half to one and a half times the interval, so that the workers and hosts spread.
std::int64_t cleanup_pause(const base::Settings& settings) {
  static std::minstd_rand engine(static_cast<unsigned>(::getpid()));
  const std::int64_t interval = settings.cleanup_interval * 1000;
  return std::uniform_int_distribution<std::int64_t>(interval / 2, interval + interval / 2)(engine);
}

/// Work that no request waits for: its failure is logged, and a later turn tries again.
template <class Work>
void do_optional(base::LogLevel level, std::string_view event, Work work) {
  try {
    work();
  } catch (const pg::Error& error) {
    base::log_event(level, event, {{"reason", error.what()}, {"sqlstate", error.sqlstate()}});
  }
}

}  // namespace

void drop_privileges(const Identities& identities) {
  if (!identities.is_root) return;
  const bool dropped =
      ::setgroups(0, nullptr) == 0 &&
      ::setresgid(identities.worker_gid, identities.worker_gid, identities.worker_gid) == 0 &&
      ::setresuid(identities.worker_uid, identities.worker_uid, identities.worker_uid) == 0;
  if (!dropped || ::getuid() == 0 || ::geteuid() == 0 || ::setuid(0) == 0)
    throw std::runtime_error("cannot become WORKER_USER");
}

void become_worker(const Identities& identities, int niceness, pid_t master) {
  install(SIGINT, ignore_signal);
  drop_privileges(identities);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // after the change of user, which clears it
  if (::getppid() != master) handle_stop(SIGTERM);
  if (niceness != 0) ::setpriority(PRIO_PROCESS, 0, niceness);
}

Worker::Worker(const WorkerParts& parts, ScoreboardSlot& slot)
    : settings_(parts.settings),
      identities_(parts.identities),
      listener_(parts.listener),
      accepts_a_turn_(parts.accepts_a_turn),
      slot_(slot),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      database_(parts.settings, store::kStatements),
      service_(parts.settings, database_, parts.blocklist) {
  if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  // Before FCGX_Init, which would install handlers of its own for these that interrupt reads and writes.
  install(SIGTERM, handle_stop);
  for (const int signal : {SIGPIPE, SIGUSR1}) install(signal, ignore_signal);
  http::init_fcgi();
  watch_listener(true);
  if (parts.cleans_up && settings_.cleanup_interval > 0)
    next_cleanup_ = base::monotonic_ms() + cleanup_pause(settings_);
}

void Worker::watch(int descriptor, std::uint32_t events, void* owner) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = owner;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void Worker::watch_listener(bool wanted) {
  if (wanted == listening_) return;
  listening_ = wanted;
  if (wanted)
    watch(listener_, EPOLLIN | EPOLLEXCLUSIVE, &listener_);
  else
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_, nullptr);
}

/// Connects when that is due, so that no request has to wait for it, and listens for the server's farewell.
void Worker::watch_database() {
  const std::int64_t now = base::monotonic_ms();
  if (!database_.connected() && now >= database_.next_attempt()) {
    service_.restart_deadline();
    do_optional(base::LogLevel::error, "database_unavailable", [&] { database_.require_connected(); });
  }
  // A closed descriptor has left the epoll set by itself.
  if (!database_.connected() || database_.generation() == watched_generation_) return;
  watched_generation_ = database_.generation();
  watch(database_.socket(), EPOLLIN, &database_);
}

void Worker::run() {
  watch_database();
  slot_.state = WorkerState::ready;
  while (!drained()) {
    slot_.turned_at = base::monotonic_ms();
    wait();
    read_ready();
    serve();
    sweep();
  }
}

/// After SIGTERM: true when nothing is left to answer.
bool Worker::drained() {
  if (is_stop_pending()) stop_requested = 1;
  if (stop_requested == 0) return false;
  slot_.state = WorkerState::draining;
  accept_one();
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    Peer& candidate = *peer++;
    if (candidate.served && !candidate.ready) mark_ready(candidate);
  }
  read_ready();
  serve();
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    Peer& candidate = *peer++;
    if (candidate.served) close(candidate);
  }
  return peers_.empty() && queue_empty_;
}

void Worker::wait() {
  static const sigset_t mask = make_wait_mask();
  std::array<epoll_event, kMostEvents> events;
  const std::int64_t until_sweep =
      std::clamp<std::int64_t>(next_sweep_ - base::monotonic_ms(), 0, kSweepInterval);
  const int timeout = stop_requested != 0 ? 10 : static_cast<int>(until_sweep);
  const int count = ::epoll_pwait(epoll_.get(), events.data(), kMostEvents, timeout, &mask);
  for (int i = 0; i < count; ++i) {
    void* owner = events[static_cast<std::size_t>(i)].data.ptr;
    if (owner == &listener_)
      accept_waiting();
    else if (owner == &database_)
      database_.handle_idle_input();
    else
      mark_ready(*static_cast<Peer*>(owner));
  }
}

void Worker::accept_waiting() {
  for (int i = 0; i < accepts_a_turn_ && listening_; ++i) {
    accept_one();
    if (queue_empty_) return;
  }
}

void Worker::accept_one() {
  auto descriptor = accept_peer(listener_, identities_);
  queue_empty_ = !descriptor;
  if (!descriptor) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
      base::log_event(base::LogLevel::error, "accept_failed", {{"reason", ::strerror(errno)}});
      watch_listener(false);  // the sweep listens again; a level-triggered event would spin
    }
    return;
  }
  const int number = descriptor.get();
  Peer& peer = peers_.emplace_front(std::move(descriptor), base::monotonic_ms() + kFirstByteLimit);
  watch(number, EPOLLIN | EPOLLET, &peer);
  mark_ready(peer);
  if (peers_.size() >= kMostPeers) watch_listener(false);
}

void Worker::mark_ready(Peer& peer) {
  if (std::exchange(peer.ready, true)) return;
  ready_.push_back(&peer);
}

void Worker::read_ready() {
  for (Peer* peer : ready_) {
    peer->ready = false;
    const auto input = peer->connection.read();
    if (input == http::FcgiConnection::Input::closed) {
      close(*peer);
    } else if (input == http::FcgiConnection::Input::request) {
      batch_.push_back({peer, auth::Call(peer->connection.request())});
      auth::begin_call(settings_, batch_.back().call);
    } else if (peer->connection.has_partial_input() && peer->served) {
      peer->served = false;
      peer->deadline = base::monotonic_ms() + kFirstByteLimit;
    }
  }
  ready_.clear();
}

/// Answers everything that was read. The sessions come first, in one round trip; the flags of first uses come
/// before the answers are sent, so that whoever has an answer can rely on them.
void Worker::serve() {
  if (batch_.empty()) return;
  service_.restart_deadline();
  find_sessions();
  mark_first_uses();
  for (Pending& pending : batch_) answer(pending);
  slot_.requests += static_cast<std::int64_t>(batch_.size());
  batch_.clear();
}

void Worker::find_sessions() {
  hashes_.clear();
  std::vector<auth::Call*> calls;
  for (Pending& pending : batch_) {
    if (!auth::needs_session(pending.call)) continue;
    calls.push_back(&pending.call);
    hashes_.push_back(pending.call.credentials.access->hash());
  }
  if (calls.empty()) return;
  try {
    auto found = service_.sessions.find_by_access(hashes_);
    for (std::size_t i = 0; i < calls.size(); ++i) calls[i]->session = std::move(found[i]);
  } catch (const std::exception& failure) {
    for (auto* call : calls) auth::fail_call(*call, failure);
  }
}

/// The only write of a check, once after each rotation. Losing it is harmless, so its failure is only logged.
void Worker::mark_first_uses() {
  for (Pending& pending : batch_) {
    const auto& session = pending.call.session;
    if (!session || session->successor_used) continue;
    do_optional(base::LogLevel::debug, "first_use_not_marked",
                [&] { service_.sessions.mark_used(session->id, pending.call.credentials.access->hash()); });
  }
}

/// The catch around one request: what the world causes becomes an answer here.
http::Response Worker::make_response(auth::Call& call) {
  try {
    return auth::finish_call(service_, call);
  } catch (const std::exception& failure) {
    auth::fail_call(call, failure);
    return auth::finish_call(service_, call);
  }
}

void Worker::answer(Pending& pending) {
  Peer& peer = *pending.peer;
  const auto response = make_response(pending.call);
  peer.served = true;
  peer.deadline = base::monotonic_ms() + kIdleLimit;
  if (!peer.connection.send(response, stop_requested == 0)) close(peer);
}

void Worker::close(Peer& peer) {
  peers_.remove_if([&](const Peer& candidate) { return &candidate == &peer; });
}

void Worker::sweep() {
  const std::int64_t now = base::monotonic_ms();
  if (now < next_sweep_) return;
  next_sweep_ = now + kSweepInterval;
  peers_.remove_if([&](const Peer& peer) { return now >= peer.deadline; });
  if (peers_.size() < kMostPeers) watch_listener(true);
  watch_database();
  clean_up_when_due();
}

void Worker::clean_up_when_due() {
  if (next_cleanup_ == 0 || base::monotonic_ms() < next_cleanup_ || !database_.connected()) return;
  next_cleanup_ = base::monotonic_ms() + cleanup_pause(settings_);
  do_optional(base::LogLevel::warning, "cleanup_failed", [&] { auth::clean_up(database_); });
}

}  // namespace server
