// Who is at the other end of a connection.
#pragma once

#include <sys/types.h>

#include <optional>

namespace server {

/// Opens what find_peer_user() needs where `listener` takes connections by TCP, in the process that accepts
/// them and before it is confined. Throws system_error.
void prepare_for_peers(int listener);

/// The user who has made the other end of a connected socket: of a Unix socket, or of a TCP connection within
/// this host. Nothing for another host, for a TCP connection whose other end is closed already, and where the
/// kernel does not tell.
std::optional<uid_t> find_peer_user(int connection);

}  // namespace server
