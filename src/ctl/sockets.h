// Whether the workers behind the service's sockets answer.
#pragma once

#include <string>

namespace ctl {

/// Asks `GET /health` over FastCGI at a socket, and waits for two seconds at most. Empty when the answer is
/// 200, else what is wrong, as the end of a sentence that names the socket.
std::string find_socket_fault(const std::string& path);

}  // namespace ctl
