// Who could put a socket of theirs in the place of PostgreSQL's while it is away, and so be sent the
// password. It knows directories and their owners, nothing of connections.
#pragma once

#include <string>

namespace pg {

/// Why the socket of a host, which is named by its directory or by @ and a name that no file has, can be
/// somebody else's, as a clause with the place. Others than its owner and the owner's primary group may write
/// to the directory; or everybody to one above it, where no sticky bit keeps what is there, unless that
/// holds this program. Of a directory that is not there, the nearest one above it that is counts as if it was
/// meant, unless that holds this program and no sticky bit keeps it. Empty when that cannot be.
std::string find_socket_fault(const std::string& host);

}  // namespace pg
