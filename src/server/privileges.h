// The users and groups that the service runs as when root starts it, and whose processes may connect to it.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/config.h"

namespace server {

/// The ids of WORKER_USER and NGINX_USER, looked up once at the start. Without root, the ids of the worker
/// are those of the process, and so are those of nginx; only `nginx_uid` is that of NGINX_USER if the user
/// exists.
struct Identities {
  bool is_root;  ///< The process runs as root.
  uid_t worker_uid;
  gid_t worker_gid;
  uid_t nginx_uid;
  gid_t nginx_gid;
  std::string worker_home;  ///< Empty without root.
};

/// Whose files and directories a program of this project takes without being told to: root's, those of the
/// user who runs it, and those of the owner of the program itself, whom that user trusts anyhow.
bool is_trusted(uid_t owner);

/// Looks the ids up. Throws runtime_error when root starts the service and a user does not exist or
/// WORKER_USER is root or postgres.
Identities find_identities(const base::Settings& settings);

/// What to say when root has other programs run as WORKER_USER, too, which may use the database and the
/// sockets as the workers do: when it is nobody, NGINX_USER, or a user that every Debian system has. One
/// sentence, with what would be right; empty when the user is the workers' own, and without root.
std::string find_shared_user(const base::Settings& settings, const Identities& identities);

/// Sets HOME to the home of the user of this process, whatever HOME was before: libpq looks there for
/// certificates, passwords and services, and without encryption where it may not look, if sslmode lets it. A
/// user without a home of its own gets a directory that is not there.
void use_own_home();

/// Makes the process run as WORKER_USER for good if it is root, with the home of that user, and keeps it from
/// gaining rights by setuid programs. Throws runtime_error when it cannot become WORKER_USER.
void drop_privileges(const Identities& identities);

/// True when the process at the other end of a connected socket is one of this host and belongs to root, to
/// the user of this process or to NGINX_USER.
bool may_connect(int descriptor, const Identities& identities);

}  // namespace server
