// Listening sockets: made here, or inherited from systemd, spawn-fcgi and the like; and accepting from them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "base/pools.h"
#include "base/unique_fd.h"
#include "server/privileges.h"

namespace server {

/// Unix sockets of ours, removed from the file system when they are no longer wanted.
class Listeners {
 public:
  /// Binds one for each pool below SOCKET_DIR with mode 0660, for the worker's user and nginx's group; or
  /// takes those that systemd passed (LISTEN_FDS, named as the pools are). A stale socket file is replaced, a
  /// live one never. Throws runtime_error with what to do.
  Listeners(const base::Settings& settings, const Identities& identities);
  ~Listeners();
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  int descriptor(base::Pool pool) const { return sockets_[static_cast<std::size_t>(pool)].get(); }
  /// Takes the socket files away, so that connections that come from now on are refused at once; those that
  /// are in the kernel's queue are still served.
  void unlink_files();

 private:
  bool take_inherited();
  base::UniqueFd& socket(base::Pool pool) { return sockets_[static_cast<std::size_t>(pool)]; }

  base::PerPool<base::UniqueFd> sockets_;
  std::vector<std::string> files_;
};

/// True when descriptor 0 is a listening socket: then one worker serves it, without a master.
bool is_stdin_listening();

/// Accepts one connection, if its peer may connect. Does not wait: `listener` is non-blocking. The connection
/// itself blocks, as libfcgi expects, with timeouts for its reads and writes. Empty when there is none to
/// serve; errno is then EAGAIN, or what accept4 failed with.
base::UniqueFd accept_peer(int listener, const Identities& identities);

}  // namespace server
