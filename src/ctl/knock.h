// Asks a worker over its socket, as nginx does, whether it is there. It sends one request and reads one
// answer, and knows nothing of what they mean.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace ctl {

struct Knock {
  int error = 0;    ///< Of errno, when the socket takes no connection; 0 when it does.
  pid_t maker = 0;  ///< The process that made the socket.
  int status = 0;   ///< The status of the answer; 0 when none came in time.
};

/// Sends GET with this path to the socket, and waits for the answer for ten seconds at most: a worker that
/// hashes may keep a request waiting for eight.
Knock knock(const std::string& socket, std::string_view path);

/// The records of a request for the path (FastCGI specification 1.0, section 3).
std::string make_get_records(std::string_view path);

/// The status of an answer in records; 0 when they have none.
int parse_status(std::string_view records);

}  // namespace ctl
