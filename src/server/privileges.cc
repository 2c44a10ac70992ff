#include "server/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include "server/peer.h"

namespace server {
namespace {

/// In it, nobody but root can make files.
constexpr const char* kNoHome = "/nonexistent";

/// `user` may be nullptr.
std::string home_of(const passwd* user) {
  return user == nullptr || user->pw_dir == nullptr || user->pw_dir[0] != '/' ? kNoHome : user->pw_dir;
}

/// libpq takes a home that it may not enter for a reason not to encrypt.
void use_home(const std::string& home) {
  ::setenv("HOME", ::access(home.c_str(), X_OK) == 0 ? home.c_str() : kNoHome, 1);
}

const passwd& require_user(const std::string& name, std::string_view setting) {
  const passwd* user = ::getpwnam(name.c_str());
  if (user == nullptr)
    throw std::runtime_error("there is no user '" + name + "'; create it or set " + std::string(setting) +
                             " to another");
  return *user;
}

/// Debian gives the numbers below to its own users, of which some run programs and others own files (Debian
/// Policy Manual, 9.2.2).
constexpr uid_t kFirstUnreserved = 100;

}  // namespace

bool is_trusted(uid_t owner) {
  struct stat program {};
  return owner == 0 || owner == ::geteuid() ||
         (::stat("/proc/self/exe", &program) == 0 && owner == program.st_uid);
}

Identities find_identities(const base::Settings& settings) {
  Identities found{::geteuid() == 0, ::geteuid(), ::getegid(), ::geteuid(), ::getegid(), {}};
  if (!found.is_root) {
    if (const passwd* nginx = ::getpwnam(settings.nginx_user.c_str())) found.nginx_uid = nginx->pw_uid;
    return found;
  }
  const passwd& worker = require_user(settings.worker_user, "WORKER_USER");
  found.worker_uid = worker.pw_uid;
  found.worker_gid = worker.pw_gid;
  found.worker_home = home_of(&worker);
  if (found.worker_uid == 0)
    throw std::runtime_error("WORKER_USER must not be root; workers need no privileges");
  if (settings.worker_user == "postgres")
    throw std::runtime_error(
        "WORKER_USER must not be postgres, who may do everything in PostgreSQL's databases; workers need a "
        "user "
        "of their own, such as sessiond");
  const passwd& nginx = require_user(settings.nginx_user, "NGINX_USER");
  found.nginx_uid = nginx.pw_uid;
  found.nginx_gid = nginx.pw_gid;
  return found;
}

std::string find_shared_user(const base::Settings& settings, const Identities& identities) {
  const passwd* nobody = ::getpwnam("nobody");
  const auto worker = identities.worker_uid;
  const bool is_nobody = nobody != nullptr && worker == nobody->pw_uid;
  if (!identities.is_root) return {};
  if (!is_nobody && worker != identities.nginx_uid && worker >= kFirstUnreserved) return {};
  return "other programs run as the user " + settings.worker_user +
         ", too, and may use the database and the sockets as the workers do; set WORKER_USER to a user that "
         "runs nothing else, such as sessiond";
}

void use_own_home() {
  use_home(home_of(::getpwuid(::geteuid())));
}

void drop_privileges(const Identities& identities) {
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (!identities.is_root) return;
  const bool dropped =
      ::setgroups(0, nullptr) == 0 &&
      ::setresgid(identities.worker_gid, identities.worker_gid, identities.worker_gid) == 0 &&
      ::setresuid(identities.worker_uid, identities.worker_uid, identities.worker_uid) == 0;
  if (!dropped || ::getuid() == 0 || ::geteuid() == 0 || ::setuid(0) == 0)
    throw std::runtime_error("cannot become WORKER_USER");
  use_home(identities.worker_home);
}

bool may_connect(int descriptor, const Identities& identities) {
  const auto user = find_peer_user(descriptor);
  return user && (*user == 0 || *user == ::geteuid() || *user == identities.nginx_uid);
}

}  // namespace server
