#include "server/worker.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <random>
#include <system_error>

#include "auth/cleanup.h"
#include "auth/failures.h"
#include "auth/routes.h"
#include "base/clock.h"
#include "base/heartbeat.h"
#include "base/log.h"
#include "pg/standby.h"
#include "pg/timeline.h"

namespace server {
namespace {

// All times are in milliseconds.
constexpr std::int64_t kRequestLimit = 2000;  // in which a request must arrive completely
constexpr std::int64_t kIdleLimit = 75000;    // above nginx's keepalive_timeout, so that nginx closes first
constexpr std::int64_t kSweepInterval = 1000;
constexpr std::int64_t kBusyInterval = 500;  // while there is something to wait for: see Worker::is_calm()
constexpr std::int64_t kConnectLimit = 5000;
constexpr std::int64_t kQueueLimit = 10000;  // for those that wait when a stop comes: nginx waits no longer
constexpr std::size_t kMostPeers = 512;      // well below the usual limit of open files
constexpr int kMostEvents = 128;

/// The signal that asked for the end, or 0. SIGTERM counts more than kRetire.
volatile sig_atomic_t stop_requested = 0;

void handle_stop(int signal) {
  if (stop_requested != SIGTERM) stop_requested = signal;
}

/// Blocks all signals, so that none interrupts a request. wait() lets those of a stop through.
void prepare_signals() {
  sigset_t all;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  struct sigaction action {};
  action.sa_handler = handle_stop;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGTERM, kRetire}) ::sigaction(signal, &action, nullptr);
}

/// The signals that are blocked while the worker waits for events: all except those of a stop.
sigset_t make_wait_mask() {
  sigset_t mask;
  ::sigfillset(&mask);
  for (const int signal : {SIGTERM, kRetire}) ::sigdelset(&mask, signal);
  return mask;
}

/// When events are always ready, epoll_pwait() returns at once and delivers no signal. So sweep() looks for a
/// pending one.
void take_pending_stop() {
  sigset_t pending;
  if (::sigpending(&pending) != 0) return;
  for (const int signal : {kRetire, SIGTERM})
    if (::sigismember(&pending, signal) == 1) handle_stop(signal);
}

/// Milliseconds to the next cleanup: a random time of half to one and a half intervals, so that workers and
/// hosts do not all clean up at the same time.
std::int64_t cleanup_pause(const base::Settings& settings) {
  static std::minstd_rand engine(static_cast<unsigned>(::getpid()));
  const std::int64_t interval = settings.cleanup_interval * 1000;
  return std::uniform_int_distribution<std::int64_t>(interval / 2, interval + interval / 2)(engine);
}

std::optional<auth::Standby> make_standby(const WorkerParts& parts, pg::Connection& primary) {
  if (!parts.checks || !pg::reads_standby(parts.settings)) return std::nullopt;
  return std::optional<auth::Standby>(std::in_place, parts.settings, primary);
}

/// What this worker meets, and what all have met.
void share_timelines(const base::Scoreboard& scoreboard, base::ScoreboardSlot& own) {
  std::vector<const std::atomic<pg::Timeline>*> all;
  for (const auto& slot : scoreboard.slots()) all.push_back(&slot.timeline);
  pg::share_timelines(own.timeline, all);
}

}  // namespace

Worker::Worker(const WorkerParts& parts, base::ScoreboardSlot& slot)
    : settings_(parts.settings),
      identities_(parts.identities),
      listener_(parts.listener),
      accepts_a_turn_(parts.accepts_a_turn),
      slot_(slot),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      database_(parts.settings),
      standby_(make_standby(parts, database_)),
      engine_(parts.settings, database_, parts.blocklist, parts.scoreboard, standby_ ? &*standby_ : nullptr) {
  if (!epoll_) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  slot_.pid = ::getpid();
  share_timelines(parts.scoreboard, slot_);
  base::set_heartbeat(slot_.heartbeat, settings_.request_timeout * 1000);
  prepare_signals();
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
  wanted = wanted && accepts_;
  if (wanted == listening_) return;
  listening_ = wanted;
  if (wanted)
    watch(listener_, EPOLLIN | EPOLLEXCLUSIVE, &listener_);
  else
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_, nullptr);
}

/// Connects to the database when an attempt is due, so that no request has to wait for that. Watches the
/// connection, so that the worker notices when the server shuts down.
void Worker::watch_database() {
  database_.keep_watch();
  const std::int64_t now = base::monotonic_ms();
  if (!database_.connected() && now >= database_.next_attempt()) {
    database_.set_deadline(now + kConnectLimit);
    const auto failure = auth::catch_failure([&] { database_.require_connected(); });
    if (failure) auth::log_failure(base::LogLevel::error, "database_unavailable", *failure);
  }
  slot_.connected = database_.connected();
  if (standby_) slot_.standby = standby_->look() ? base::StandbyUse::used : base::StandbyUse::unused;
  // The descriptor of a lost connection needs no removal: closing it removed it from the epoll set.
  if (!database_.connected() || database_.generation() == watched_generation_) return;
  watched_generation_ = database_.generation();
  watch(database_.socket(), EPOLLIN, &database_);
}

void Worker::run() {
  watch_database();
  slot_.state = base::WorkerState::ready;
  while (stop_requested == 0) turn();
  slot_.state = base::WorkerState::draining;
  if (stop_requested == kRetire) leave_queue();
  const std::int64_t leaves_at = base::monotonic_ms() + kQueueLimit;
  while (!drain()) {
    turn();
    if (accepts_ && base::monotonic_ms() > leaves_at) leave_queue();
  }
}

/// Takes the connection for which the kernel may have woken this worker alone, and then no more.
void Worker::leave_queue() {
  accept_one();
  accepts_ = false;
  watch_listener(false);
}

void Worker::turn() {
  base::beat(base::Step::waiting);
  wait();
  base::enter(base::Step::reading);
  read_ready();
  answer_batch();
  sweep();
}

/// One round after the signal to stop: unless it shall leave the queue to others, accepts one more connection
/// from the kernel's queue, answers the requests that have arrived, and closes the answered connections on
/// which no next request has begun. True when nothing is left to do.
bool Worker::drain() {
  accept_one();
  for (Peer& peer : peers_)
    if (peer.served && !peer.ready) mark_ready(peer);
  read_ready();
  answer_batch();
  peers_.remove_if([](const Peer& peer) { return peer.served; });
  return peers_.empty() && queue_empty_;
}

void Worker::wait() {
  static const sigset_t mask = make_wait_mask();
  std::array<epoll_event, kMostEvents> events;
  const std::int64_t until_sweep = std::max<std::int64_t>(next_sweep_ - base::monotonic_ms(), 0);
  const int timeout = stop_requested != 0 ? 10 : static_cast<int>(until_sweep);
  bool arrived = false;
  const int count = ::epoll_pwait(epoll_.get(), events.data(), kMostEvents, timeout, &mask);
  for (int i = 0; i < count; ++i) {
    void* owner = events[static_cast<std::size_t>(i)].data.ptr;
    if (owner == &listener_)
      arrived = true;
    else if (owner == &database_)
      read_idle_database();
    else
      mark_ready(*static_cast<Peer*>(owner));
  }
  // Last, because it may close a connection for which no event has come.
  if (arrived) accept_waiting();
}

/// If the server has closed the connection, there will be another soon.
void Worker::read_idle_database() {
  database_.handle_idle_input();
  if (!database_.connected()) next_sweep_ = std::min(next_sweep_, base::monotonic_ms() + kBusyInterval);
}

void Worker::accept_waiting() {
  for (int i = 0; i < accepts_a_turn_ && listening_; ++i) {
    accept_one();
    if (queue_empty_) return;
  }
}

void Worker::accept_one() {
  auto descriptor = accepts_ ? accept_peer(listener_, identities_) : base::UniqueFd();
  queue_empty_ = !descriptor;
  if (!descriptor) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
      base::log_event(base::LogLevel::error, "accept_failed", {{"reason", ::strerror(errno)}});
      watch_listener(false);  // until sweep(); else the event would come again at once
    }
    return;
  }
  mark_ready(peers_.emplace_front(std::move(descriptor), base::monotonic_ms() + kRequestLimit));
  if (peers_.size() >= kMostPeers && !close_longest_idle()) watch_listener(false);
}

/// Makes room for a new connection: closes the one on which no request has begun for the longest time. nginx
/// takes another then. False when there is a request on each.
bool Worker::close_longest_idle() {
  while (Peer* peer = find_longest_idle()) {
    if (!peer->connection.has_input()) {
      close(*peer);
      return true;
    }
    mark_ready(*peer);  // its event has not come yet
  }
  return false;
}

/// Null when there is a request on each.
Worker::Peer* Worker::find_longest_idle() {
  Peer* longest = nullptr;
  for (Peer& peer : peers_) {
    const bool idle = peer.served && !peer.ready;
    if (idle && (longest == nullptr || peer.deadline < longest->deadline)) longest = &peer;
  }
  return longest;
}

void Worker::mark_ready(Peer& peer) {
  if (std::exchange(peer.ready, true)) return;
  ready_.push_back(&peer);
}

/// Has the loop wake for what the peer sends from now on, or has sent already. A connection that brings its
/// request at once, and ends with the answer, never needs this.
void Worker::await(Peer& peer) {
  if (std::exchange(peer.awaited, true)) return;
  watch(peer.connection.descriptor(), EPOLLIN | EPOLLET, &peer);
}

void Worker::read_ready() {
  for (Peer* peer : ready_) {
    peer->ready = false;
    const auto input = peer->connection.read();
    if (input == http::FcgiConnection::Input::closed) {
      close(*peer);
    } else if (input == http::FcgiConnection::Input::request) {
      batch_.push_back(peer);
    } else {
      await(*peer);
      if (!peer->connection.has_partial_input() || !peer->served) continue;
      peer->served = false;
      peer->deadline = base::monotonic_ms() + kRequestLimit;
    }
  }
  ready_.clear();
}

/// Drops the requests for a password hash whose peer is gone: nginx closes the connection when its client
/// does. All others are answered, because their work is little and what they change is wanted.
void Worker::drop_abandoned() {
  std::erase_if(batch_, [this](Peer* peer) {
    if (!auth::computes_hash(peer->connection.request()) || !peer->connection.is_abandoned()) return false;
    base::log_event(base::LogLevel::debug, "request_abandoned",
                    {{"request_id", peer->connection.request().request_id}});
    close(*peer);
    return true;
  });
}

void Worker::answer_batch() {
  drop_abandoned();
  if (batch_.empty()) return;
  base::enter(base::Step::answering);
  std::vector<const http::Request*> requests;
  requests.reserve(batch_.size());
  for (const Peer* peer : batch_) requests.push_back(&peer->connection.request());
  engine_.answer(requests, [this](std::size_t index, const http::Response& response) {
    send(*batch_[index], response);
  });
  slot_.requests += static_cast<std::int64_t>(batch_.size());
  batch_.clear();
}

void Worker::send(Peer& peer, const http::Response& response) {
  base::beat(base::Step::sending);
  peer.served = true;
  peer.deadline = base::monotonic_ms() + kIdleLimit;
  if (peer.connection.send(response, stop_requested == 0))
    await(peer);
  else
    close(peer);
}

void Worker::close(Peer& peer) {
  const bool full = peers_.size() >= kMostPeers;
  peers_.remove_if([&](const Peer& candidate) { return &candidate == &peer; });
  if (full) watch_listener(true);
}

void Worker::sweep() {
  const std::int64_t now = base::monotonic_ms();
  if (now < next_sweep_) return;
  take_pending_stop();
  peers_.remove_if([&](const Peer& peer) { return now >= peer.deadline; });
  if (peers_.size() < kMostPeers) watch_listener(true);
  watch_database();
  clean_up_when_due();
  next_sweep_ = now + (is_calm() ? kSweepInterval : kBusyInterval);
}

/// Whether a sweep has nothing to do soon.
bool Worker::is_calm() const {
  return database_.connected() && !database_.is_watched() && listening_ && !is_cleanup_due();
}

bool Worker::is_cleanup_due() const {
  return next_cleanup_ != 0 && base::monotonic_ms() >= next_cleanup_;
}

void Worker::clean_up_when_due() {
  if (!is_cleanup_due() || !database_.connected()) return;
  bool unfinished = false;
  const auto failure = auth::catch_failure([&] { unfinished = auth::clean_up_batch(database_, settings_); });
  if (!unfinished) next_cleanup_ = base::monotonic_ms() + cleanup_pause(settings_);
  if (failure) auth::log_failure(base::LogLevel::warning, "cleanup_failed", *failure);
}

}  // namespace server
