#include "server/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include "base/text.h"
#include "base/unique_fd.h"

namespace server {

void notify(std::string_view state) {
  const char* name = ::getenv("NOTIFY_SOCKET");
  if (name == nullptr || (name[0] != '/' && name[0] != '@')) return;
  const std::string_view path(name);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return;
  std::copy(path.begin(), path.end(), address.sun_path);
  if (path[0] == '@') address.sun_path[0] = '\0';  // a name in the abstract namespace
  const base::UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  // Without an answer there is nothing to do: the manager judges by what it hears.
  ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
           reinterpret_cast<const sockaddr*>(&address), size);
}

std::int64_t watchdog_interval_ms() {
  const char* interval = ::getenv("WATCHDOG_USEC");
  const char* process = ::getenv("WATCHDOG_PID");
  if (interval == nullptr) return 0;
  if (process != nullptr && base::parse_number(process) != ::getpid()) return 0;
  return base::parse_number(interval).value_or(0) / 1000;
}

}  // namespace server
