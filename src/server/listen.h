// Listening sockets, made here or inherited from systemd, spawn-fcgi and the like, and accepting connections
// on them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/pools.h"
#include "base/unique_fd.h"
#include "server/handover.h"
#include "server/privileges.h"

namespace server {

/// Where the socket of a pool is.
std::string socket_path(const base::Settings& settings, const base::PoolRow& pool);

/// The listening Unix sockets of all pools. Removes the socket files that it made when it is destroyed.
class Listeners {
 public:
  /// Takes the sockets that systemd passed, if it did (sd_listen_fds(3), with the names of the pools). Else
  /// binds one for each pool in SOCKET_DIR with mode 0660; root gives it to WORKER_USER and the group of
  /// NGINX_USER. Replaces a socket file on which nobody listens or only workers whose master is gone, never
  /// one that is in use, and takes no directory in which others could replace them. Throws runtime_error
  /// whose text says what to do. `hash_queue` is how many connections may wait for the pool that hashes, also
  /// on an inherited socket; the kernel refuses more. With a handover, takes its sockets instead; where they
  /// are is then no matter of SOCKET_DIR.
  Listeners(const base::Settings& settings, const Identities& identities, int hash_queue,
            const std::optional<Handover>& handover);
  ~Listeners();
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  int descriptor(base::Pool pool) const { return sockets_[static_cast<std::size_t>(pool)].get(); }
  /// Closes the sockets of all other pools. For a worker, which would keep the service's address in use if it
  /// outlived its master. Leaves the socket files alone.
  void close_others(base::Pool pool);
  /// Removes the socket files, so that new connections fail at once. Those that wait in the kernel's queue
  /// can still be accepted.
  void unlink_files();
  /// Binds those sockets anew that it has made and on which the kernel takes no connections any more, and
  /// returns their pools, whose workers have to be replaced. Logs what it finds, also of those that it was
  /// given and cannot mend.
  std::vector<base::Pool> mend(const Identities& identities, int hash_queue);
  /// Prepares the sockets for the program that this process is about to become, which gets them and
  /// `workers`. keep() takes that back.
  Handover hand_over(std::vector<pid_t> workers);
  void keep();

 private:
  void adopt(const Handover& handover, const base::Settings& settings, const Identities& identities,
             int hash_queue);
  bool take_inherited(int hash_queue);
  bool mend_one(const base::PoolRow& pool, const Identities& identities, int hash_queue);
  base::UniqueFd& socket(base::Pool pool) { return sockets_[static_cast<std::size_t>(pool)]; }

  base::PerPool<base::UniqueFd> sockets_;
  std::vector<std::string> files_;  ///< Of the sockets that it has made, in the order of the pools.
  base::PerPool<bool> lost_{};      ///< Those of which mend() has told.
};

/// Removes the files of the sockets if the service made them. For a process that has no Listeners.
void remove_files(const Handover& handover);

/// Whether systemd passed sockets to this process (sd_listen_fds(3)). SOCKET_DIR is then of no use to it.
bool inherits_sockets();

/// In a child: has inherits_sockets() tell what it told in the parent.
void inherit_as_parent();

/// Throws runtime_error when the kernel takes no socket whose path is as long as SOCKET_DIR would make it.
void require_short_paths(const base::Settings& settings);

/// True when descriptor 0 is a listening socket, to be served by serve_stdin(). Makes it non-blocking then.
bool is_stdin_listening();

/// Accepts one connection if may_connect() allows its peer. `listener` must be non-blocking. The connection
/// is in blocking mode, as libfcgi expects, with timeouts for receiving and sending. Empty when there is
/// none; errno is then EAGAIN or the error of accept4().
base::UniqueFd accept_peer(int listener, const Identities& identities);

}  // namespace server
