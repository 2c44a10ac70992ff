#include "server/listen.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "base/utf8.h"
#include "server/socket_directory.h"

namespace server {
namespace {

constexpr int kBacklog = 4096;
constexpr int kFirstInherited = 3;
constexpr mode_t kSocketMode = 0660;
constexpr timeval kPeerTimeout{2, 0};
constexpr timeval kProbeTimeout{3, 0};  // for a queue that is full

[[noreturn]] void fail(const std::string& what, const std::string& remedy) {
  throw std::runtime_error(what + ": " + ::strerror(errno) + "; " + remedy);
}

sockaddr_un make_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path))
    throw std::runtime_error("the socket path " + base::make_excerpt(path) +
                             " is longer than 107 bytes; set SOCKET_DIR to a shorter directory");
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

base::UniqueFd make_socket() {
  base::UniqueFd descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!descriptor) fail("cannot make a socket", "raise the limit of open files");
  return descriptor;
}

/// Whether the process has ended, also when its parent has not taken note of that (a zombie).
bool has_ended(pid_t process) {
  const base::UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  if (!handle)
    return errno == ESRCH || (::kill(process, 0) != 0 && errno == ESRCH);  // not every kernel has it
  pollfd end{handle.get(), POLLIN, 0};
  return ::poll(&end, 1, 0) == 1;
}

/// The process that made the listening socket at the other end of `connection`; 0 when that is not known.
pid_t maker_of(int connection) {
  ucred maker{};
  socklen_t size = sizeof maker;
  return ::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &maker, &size) == 0 ? maker.pid : 0;
}

/// Whether the process that made the listening socket at the other end of `connection` is there no more. Then
/// only workers hold the socket: their master was killed, and they are about to end.
bool has_lost_master(int connection) {
  const pid_t maker = maker_of(connection);
  return maker > 0 && (maker == ::getpid() || has_ended(maker));
}

/// What came of connecting to a socket; `error` is 0 when somebody listens.
struct Probe {
  base::UniqueFd connection;
  int error;
};

Probe probe(const sockaddr_un& address) {
  auto connection = make_socket();
  ::fcntl(connection.get(), F_SETFL, 0);
  ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &kProbeTimeout, sizeof kProbeTimeout);
  const bool connected =
      ::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  const int error = connected ? 0 : errno;
  return {std::move(connection), error};
}

/// Removes a socket file on which nobody listens, or only workers without a master. Throws when somebody
/// listens, or when the file is not a socket.
void remove_stale(const std::string& path, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) return;
  if (!S_ISSOCK(status.st_mode)) throw std::runtime_error(path + " exists and is not a socket; remove it");
  const Probe found = probe(address);
  if ((found.error == 0 && !has_lost_master(found.connection.get())) || found.error == EAGAIN)
    throw std::runtime_error(
        path + " is served by another instance; stop it, or set SOCKET_DIR to another directory");
  errno = found.error;
  if (found.error != 0 && found.error != ECONNREFUSED)
    fail("cannot tell whether another instance serves " + path, "remove it if none does");
  ::unlink(path.c_str());
}

/// The name by which the kernel finds the very file that is open, whatever its path leads to now.
std::string name_of(const base::UniqueFd& file) {
  return "/proc/self/fd/" + std::to_string(file.get());
}

/// Throws runtime_error unless the file is the one of a socket on which this process listens: whoever may
/// write to the directory could have put another file in its place.
void require_listened_on(const base::UniqueFd& file, const std::string& path) {
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && S_ISSOCK(status.st_mode)) {
    const auto [connection, error] = probe(make_address(name_of(file)));
    if (error == 0 && maker_of(connection.get()) == ::getpid()) return;
    if (error == EAGAIN) throw std::runtime_error("the queue of " + path + " is full; try again later");
  }
  throw std::runtime_error(path +
                           " is not the socket that the service has made: somebody put it in its place; see "
                           "who may write to the directory, and start the service anew");
}

/// Gives a socket file to those who may connect, with the mode that lets them. Follows no link, and changes
/// nothing where all is right. Throws runtime_error when that fails.
void admit(const std::string& path, const Identities& identities) {
  const base::UniqueFd file(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) fail("cannot find " + path, "start the service anew");
  const bool owned = !identities.is_root ||
                     (status.st_uid == identities.worker_uid && status.st_gid == identities.nginx_gid);
  if (owned && status.st_mode == (S_IFSOCK | kSocketMode)) return;
  require_listened_on(file, path);
  if (!owned && ::fchownat(file.get(), "", identities.worker_uid, identities.nginx_gid, AT_EMPTY_PATH) != 0)
    fail("cannot change the owner of " + path, "start as root or as an ordinary user without NGINX_USER");
  if (::chmod(name_of(file).c_str(), kSocketMode) != 0)
    fail("cannot change the mode of " + path, "check SOCKET_DIR");
}

base::UniqueFd bind_socket(const std::string& path, const Identities& identities, int backlog) {
  const auto address = make_address(path);
  remove_stale(path, address);
  auto listener = make_socket();
  const mode_t old_mask = ::umask(0177);  // so that nobody can connect before owner and mode are set
  const int bound = ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::umask(old_mask);
  if (bound != 0) fail("cannot bind " + path, "SOCKET_DIR must be a directory that this user may write to");
  if (::listen(listener.get(), backlog) != 0)
    fail("cannot listen on " + path, "check the limits of the kernel");
  admit(path, identities);
  return listener;
}

/// Whether the socket was once made to listen.
bool was_made_to_listen(int descriptor) {
  int listening = 0;
  socklen_t size = sizeof listening;
  return ::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening == 1;
}

/// Whether it listens still. A unix socket that somebody has shut down says SO_ACCEPTCONN as before, although
/// nobody can connect any more.
bool is_listening(int descriptor) {
  pollfd ended{descriptor, POLLRDHUP, 0};  // POLLHUP is always reported
  return was_made_to_listen(descriptor) && ::poll(&ended, 1, 0) == 0;
}

int backlog_of(const base::PoolRow& pool, int hash_queue) {
  return pool.hashes ? hash_queue : kBacklog;
}

bool is_socket(int descriptor) {
  struct stat status {};
  return ::fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
}

/// The file of a socket that this service has bound.
std::string bound_path(int descriptor) {
  sockaddr_un address{};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return {address.sun_path, ::strnlen(address.sun_path, sizeof address.sun_path)};
}

/// The same while the service goes on, which it does also when that fails.
void admit_again(const std::string& path, const Identities& identities) {
  try {
    admit(path, identities);
  } catch (const std::runtime_error& failure) {
    base::log_event(base::LogLevel::error, "socket_rights_kept",
                    {{"socket", path}, {"reason", failure.what()}});
  }
}

void report_loss(const base::PoolRow& pool, bool made) {
  base::log_event(base::LogLevel::error, "socket_lost",
                  {{"pool", pool.name},
                   {"reason",
                    "its listening socket was ended by somebody who had it, such as a worker that was "
                    "taken over"},
                   {"advice", made ? "it is bound anew; after a break-in, stop the service and start it"
                                   : "stop the service and whoever passes it the socket, such as "
                                     "sessiond.socket, and start both"}});
}

void set_nonblocking(int descriptor) {
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

/// The pool to which an inherited socket belongs: by its name, or by its file, since a unit of systemd gives
/// all its sockets one name. Empty for none.
std::optional<base::Pool> find_pool(std::string_view name, int descriptor) {
  const auto path = bound_path(descriptor);
  const auto file = path.substr(path.rfind('/') + 1);
  for (const base::PoolRow& pool : base::kPools)
    if (pool.name == name) return pool.id;
  for (const base::PoolRow& pool : base::kPools)
    if (file == std::string(pool.name) + ".sock") return pool.id;
  return std::nullopt;
}

/// Empty when the environment has no such variable.
std::string_view variable(const char* name) {
  const char* value = ::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

/// Whether systemd passed sockets, and to this process.
bool were_passed_to(pid_t process) {
  return !variable("LISTEN_FDNAMES").empty() && base::parse_number(variable("LISTEN_PID")) == process;
}

/// The names of all pools, separated by commas, for error texts.
std::string pool_names() {
  std::string names;
  for (const base::PoolRow& pool : base::kPools) names.append(names.empty() ? "" : ", ").append(pool.name);
  return names;
}

}  // namespace

std::string socket_path(const base::Settings& settings, const base::PoolRow& pool) {
  return settings.socket_dir + "/" + std::string(pool.name) + ".sock";
}

void remove_files(const Handover& handover) {
  if (!handover.made) return;
  for (const int socket : handover.sockets) ::unlink(bound_path(socket).c_str());
}

bool inherits_sockets() {
  return were_passed_to(::getpid());
}

void inherit_as_parent() {
  if (were_passed_to(::getppid())) ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
}

void require_short_paths(const base::Settings& settings) {
  for (const base::PoolRow& pool : base::kPools) make_address(socket_path(settings, pool));
}

Listeners::Listeners(const base::Settings& settings, const Identities& identities, int hash_queue,
                     const std::optional<Handover>& handover) {
  if (handover) adopt(*handover, settings, identities, hash_queue);
  if (handover || take_inherited(hash_queue)) return;
  require_safe_socket_directory(settings.socket_dir);
  for (const base::PoolRow& pool : base::kPools) {
    const auto path = socket_path(settings, pool);
    socket(pool.id) = bind_socket(path, identities, backlog_of(pool, hash_queue));
    files_.push_back(path);
  }
}

Listeners::~Listeners() {
  unlink_files();
}

Handover Listeners::hand_over(std::vector<pid_t> workers) {
  Handover handover{.made = !files_.empty(), .sockets = {}, .workers = std::move(workers)};
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    handover.sockets[i] = sockets_[i].get();
    ::fcntl(sockets_[i].get(), F_SETFD, 0);
  }
  return handover;
}

void Listeners::keep() {
  for (const auto& socket : sockets_) ::fcntl(socket.get(), F_SETFD, FD_CLOEXEC);
}

/// The sockets stay where they are until a restart; who may connect to them follows the settings.
void Listeners::adopt(const Handover& handover, const base::Settings& settings, const Identities& identities,
                      int hash_queue) {
  for (const base::PoolRow& pool : base::kPools) {
    const int descriptor = handover.sockets[static_cast<std::size_t>(pool.id)];
    if (!is_socket(descriptor)) throw std::runtime_error("the sockets of the running service were lost");
    socket(pool.id).reset(descriptor);
    if (pool.hashes) ::listen(descriptor, hash_queue);
    if (!handover.made) continue;
    const auto path = files_.emplace_back(bound_path(descriptor));
    admit_again(path, identities);
    if (path != socket_path(settings, pool))
      base::log_event(base::LogLevel::warning, "setting_kept",
                      {{"setting", "SOCKET_DIR"},
                       {"socket", path},
                       {"advice", "its new value counts when the service is restarted"}});
  }
  keep();
}

std::vector<base::Pool> Listeners::mend(const Identities& identities, int hash_queue) {
  std::vector<base::Pool> mended;
  for (const base::PoolRow& pool : base::kPools)
    if (!is_listening(descriptor(pool.id)) && mend_one(pool, identities, hash_queue))
      mended.push_back(pool.id);
  return mended;
}

/// Logs the loss of a socket once. False when it cannot be bound anew.
bool Listeners::mend_one(const base::PoolRow& pool, const Identities& identities, int hash_queue) {
  const auto index = static_cast<std::size_t>(pool.id);
  const bool is_new = !std::exchange(lost_[index], true);
  if (is_new) report_loss(pool, !files_.empty());
  if (files_.empty()) return false;
  const auto& path = files_[index];
  try {
    require_safe_socket_directory(path.substr(0, path.rfind('/')));
    socket(pool.id) = bind_socket(path, identities, backlog_of(pool, hash_queue));
    lost_[index] = false;
    return true;
  } catch (const std::runtime_error& failure) {
    if (is_new)
      base::log_event(base::LogLevel::error, "socket_lost",
                      {{"pool", pool.name}, {"reason", failure.what()}});
    return false;
  }
}

void Listeners::close_others(base::Pool pool) {
  for (const base::PoolRow& row : base::kPools)
    if (row.id != pool) socket(row.id).reset();
}

void Listeners::unlink_files() {
  for (const auto& file : files_) ::unlink(file.c_str());
  files_.clear();
}

/// Takes the sockets that systemd passed, by their names or files (sd_listen_fds(3)). False when it passed
/// none to this process.
bool Listeners::take_inherited(int hash_queue) {
  if (!inherits_sockets()) return false;
  int descriptor = kFirstInherited;
  for (const auto name : base::split(variable("LISTEN_FDNAMES"), ':')) {
    const auto pool = find_pool(name, descriptor);
    if (!pool)
      throw std::runtime_error(
          "the inherited socket '" + std::string(name) +
          "' (LISTEN_FDNAMES) does not have the name of a pool, and its file is not named "
          "after one; use " +
          pool_names());
    if (!is_listening(descriptor))
      throw std::runtime_error("descriptor " + std::to_string(descriptor) + ", inherited as '" +
                               std::string(name) +
                               "' (LISTEN_FDNAMES), is not a listening socket; pass one for each name, and "
                               "where somebody has ended it, restart whoever passes it");
    set_nonblocking(descriptor);
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    if (base::pool_row(*pool).hashes && ::listen(descriptor, hash_queue) != 0)
      fail("cannot bound the queue of the inherited socket '" + std::string(name) + "'",
           "pass a socket of this host");
    socket(*pool).reset(descriptor++);
  }
  for (const base::PoolRow& pool : base::kPools)
    if (!socket(pool.id))
      throw std::runtime_error("no socket named '" + std::string(pool.name) +
                               "' was inherited (LISTEN_FDNAMES); the service needs " + pool_names());
  return true;
}

bool is_stdin_listening() {
  if (!was_made_to_listen(STDIN_FILENO)) return false;
  set_nonblocking(STDIN_FILENO);
  return true;
}

base::UniqueFd accept_peer(int listener, const Identities& identities) {
  base::UniqueFd peer(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
  if (!peer) return peer;
  if (!may_connect(peer.get(), identities)) {
    base::log_event(base::LogLevel::warning, "peer_refused",
                    {{"detail", "its user is neither root, nor that of the service, nor NGINX_USER"}});
    errno = EAGAIN;
    return {};
  }
  ::setsockopt(peer.get(), SOL_SOCKET, SO_RCVTIMEO, &kPeerTimeout, sizeof kPeerTimeout);
  ::setsockopt(peer.get(), SOL_SOCKET, SO_SNDTIMEO, &kPeerTimeout, sizeof kPeerTimeout);
  return peer;
}

}  // namespace server
