// Users and groups: whom the service becomes when root starts it, and who may speak to it.
#pragma once

#include <sys/types.h>

#include "base/config.h"

namespace server {

/// The users and groups behind the settings WORKER_USER and NGINX_USER, looked up once at the start.
struct Identities {
  bool is_root;  ///< The process was started by root; else both users are the process's own.
  uid_t worker_uid;
  gid_t worker_gid;
  uid_t nginx_uid;
  gid_t nginx_gid;
};

/// Throws runtime_error when a user that is needed does not exist, or when workers would stay root.
Identities find_identities(const base::Settings& settings);

/// Becomes WORKER_USER for ever if the process is root, and gives up gaining rights by setuid programs.
/// Throws runtime_error when that fails.
void drop_privileges(const Identities& identities);

/// True when the process at the other end of a connected unix socket belongs to root, to our own user or to
/// NGINX_USER.
bool may_connect(int descriptor, const Identities& identities);

}  // namespace server
