// Asks a worker over its socket, as nginx does, whether it is there. It sends one request and reads one
// answer, and knows nothing of what they mean.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace ctl {

struct Knock {
  int error = 0;           ///< Of errno, when the socket takes no connection; 0 when it does.
  pid_t maker = 0;         ///< The process that made the socket.
  int status = 0;          ///< The status of the answer; 0 when none came in time.
  bool is_closed = false;  ///< The connection was closed without an answer, as a worker does with strangers.
};

/// Sends GET with this path to the socket, and waits for each part of the answer for so many seconds at most.
Knock knock(const std::string& socket, std::string_view path, int patience);

}  // namespace ctl
