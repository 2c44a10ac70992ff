// Which servers a connection may go to: the hosts that a connection string names, and the addresses of a host
// name.
#pragma once

#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pg {

/// One server, in the words of libpq's options `host`, `hostaddr` and `port`. What is empty is left to libpq.
struct Host {
  std::string name;  ///< A host name, an address, or that of a unix socket.
  std::string address;
  std::string port;
};

/// True when the comma-separated values have numbers with which libpq connects: as many addresses as names,
/// and one port for all of them or one for each.
bool hosts_fit(std::string_view names, std::string_view addresses, std::string_view ports);

/// Splits the comma-separated values of `host`, `hostaddr` and `port` as libpq does: one port may serve all
/// hosts. Never empty. When they do not fit, the result is one host with all of them, which libpq
/// refuses with a reason.
std::vector<Host> list_hosts(std::string_view names, std::string_view addresses, std::string_view ports);

/// True for the name of a host that is a unix socket: its directory, or @ and a name that no file has.
bool is_socket_name(std::string_view name);

/// True when libpq reaches the host by a unix socket, as it does one of which nothing is said.
bool is_unix_socket(const Host& host);

/// True when libpq would ask the system for the address of this host: it has a name and no address, and is
/// not a unix socket.
bool needs_lookup(const Host& host);

/// The numeric addresses of a name, or the reason why there are none.
struct Addresses {
  std::vector<std::string> found;
  std::string failure;
};

/// Asks the system, which may take long. Never throws for a name that is not there.
Addresses look_up(const std::string& name);

/// Looks host names up without waiting longer than it is told. The system's own function has no time limit,
/// so it runs in a thread of its own, which touches nothing of this program but the name and the result.
/// There is one thread for each name at most. It has the signal mask of its caller: a worker blocks all
/// signals, so that none is taken by the thread; `sessiond -c` handles none, so that they end it in any
/// thread. Nobody waits for it at the end. A worker of a master ends by _exit(); one without a master, and
/// `sessiond -c`, return from main(), and the destructors that run then destroy nothing that the thread uses.
class Resolver {
 public:
  explicit Resolver(std::function<Addresses(const std::string&)> function = look_up)
      : function_(std::move(function)) {}

  /// The addresses of `name`, or a failure when there are none by the deadline, in milliseconds of
  /// base::monotonic_ms(). A lookup that takes longer goes on, and the next call for the same name waits for
  /// it instead of beginning another. No thread can be started: a failure too.
  Addresses find(const std::string& name, std::int64_t deadline);

 private:
  std::function<Addresses(const std::string&)> function_;
  std::map<std::string, std::future<Addresses>> unfinished_;
};

}  // namespace pg
