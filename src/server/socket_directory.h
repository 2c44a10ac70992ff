// Who could put a socket of theirs in the place of the service's, and so answer nginx's questions for it, or
// read all passwords. It knows directories and their owners, nothing of sockets.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "server/way.h"

namespace server {

/// What lets others replace what is in the directory, or the directory itself: it belongs to somebody else,
/// others may write to it, or the same holds for one above it; a sticky one such as /tmp is safe there, and
/// so is one that holds this program. Above it, only the caller's own group
/// may write, and only where no access list (acl(5)) gives its right to others.
/// Links on the way must belong to those who may own a directory: root, the caller, the owner of the program
/// (is_trusted()) and `owner`. Empty when nothing does, also when there is no such directory.
std::optional<DirectoryFault> find_directory_fault(const std::string& path,
                                                   std::optional<uid_t> owner = std::nullopt);

/// Throws runtime_error when others could replace what is in SOCKET_DIR, whose value `path` is.
void require_safe_socket_directory(const std::string& path);

}  // namespace server
