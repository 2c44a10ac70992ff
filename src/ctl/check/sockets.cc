// The sockets between nginx and the workers: are they there, who may use and replace them, does a worker
// answer.
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <variant>

#include "base/pools.h"
#include "ctl/check/inspection.h"
#include "ctl/knock.h"
#include "server/listen.h"
#include "server/socket_directory.h"

namespace ctl::checks {
namespace {

constexpr int kPatience = 10;  // seconds: a worker that hashes may keep a request waiting for eight
constexpr const char* kStart = "start the service: scripts/run, or the supervisor that runs sessiond -f FILE";

/// The name of the setting for the number of its workers.
std::string setting_of(const base::PoolRow& pool) {
  for (const auto& setting : base::settings_table())
    if (const auto* kind = std::get_if<base::NumberKind>(&setting.kind); kind && kind->member == pool.workers)
      return std::string(setting.name);
  return {};
}

/// Whether the user is in the group, by the system's lists.
bool is_member(const passwd& user, gid_t group) {
  std::array<gid_t, 256> groups{};
  int count = static_cast<int>(groups.size());
  if (::getgrouplist(user.pw_name, user.pw_gid, groups.data(), &count) < 0) return true;  // too many to tell
  for (int i = 0; i < count; ++i)
    if (groups[static_cast<std::size_t>(i)] == group) return true;
  return false;
}

/// A process needs the right to write to connect.
bool may_write(const passwd& user, const struct stat& status) {
  if (user.pw_uid == 0) return true;
  if (user.pw_uid == status.st_uid) return (status.st_mode & S_IWUSR) != 0;
  return (status.st_mode & (is_member(user, status.st_gid) ? S_IWGRP : S_IWOTH)) != 0;
}

bool may_enter(const passwd& user, const struct stat& status) {
  if (user.pw_uid == 0) return true;
  if (user.pw_uid == status.st_uid) return (status.st_mode & S_IXUSR) != 0;
  return (status.st_mode & (is_member(user, status.st_gid) ? S_IXGRP : S_IXOTH)) != 0;
}

/// As whom nginx connects: NGINX_USER where root runs the service, else whoever runs it; null where that user
/// is gone.
const passwd* nginx_user(const base::Settings& settings, uid_t owner) {
  return ::geteuid() == 0 ? ::getpwnam(settings.nginx_user.c_str()) : ::getpwuid(owner);
}

void look_at_rights(Inspection& inspection, const std::string& path, const struct stat& status) {
  if ((status.st_mode & S_IWOTH) != 0)
    inspection.fail("every user of this host may connect to " + path,
                    "only the worker's look at the user is left", "chmod o= " + path);
  const auto* nginx = nginx_user(inspection.settings(), status.st_uid);
  if (nginx != nullptr && !may_write(*nginx, status))
    inspection.fail("the user " + std::string(nginx->pw_name) + " of nginx may not connect to " + path,
                    "nginx answers 502",
                    "chgrp " + inspection.settings().nginx_user + " " + path + " && chmod 660 " + path);
}

void look_at_answer(Inspection& inspection, const base::PoolRow& pool, const std::string& path) {
  const bool asks_database = pool.id == base::Pool::check;
  const auto answer = knock(path, asks_database ? "/ready" : "/health", kPatience);
  if (answer.maker != 0) inspection.master = answer.maker;
  if (answer.error == EACCES || answer.error == EPERM)
    return inspection.leave_open("this user may not connect to " + path, "call this as root");
  if (answer.error == ECONNREFUSED)
    return inspection.fail("nobody listens on " + path, "the service is down: nginx answers 502 or 503",
                           kStart);
  if (answer.error != 0)
    return inspection.fail(path + " takes no connection: " + std::strerror(answer.error), "its queue is full",
                           "see the log of the service; more workers: " + setting_of(pool));
  if (answer.status == 0)
    inspection.fail("no worker answers on " + path, "requests of this pool fail",
                    "see the log of the service");
  else if (answer.status == 503 && asks_database)
    inspection.fail("the service says that it is not ready", "logins and checks of sessions are 503",
                    "see the log of the service, and what is found here of the database");
  else if (answer.status != 200)
    inspection.fail("a worker answers " + std::to_string(answer.status) + " on " + path,
                    "something else serves it", "see the log of the service");
}

void look_at_socket(Inspection& inspection, const base::PoolRow& pool) {
  const auto path = server::socket_path(inspection.settings(), pool);
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 && errno == EACCES)
    return inspection.leave_open("this user may not look at " + path, "call this as root");
  if (status.st_mode == 0)
    return inspection.fail("there is no " + path,
                           "the service is down, or a supervisor passes it sockets of another place", kStart);
  if (!S_ISSOCK(status.st_mode))
    return inspection.fail(path + " is not a socket", "the service does not start", "rm " + path);
  look_at_rights(inspection, path, status);
  look_at_answer(inspection, pool, path);
}

/// Returns whether the sockets in it are worth a look.
bool look_at_directory(Inspection& inspection, const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 && errno == EACCES) {
    inspection.leave_open("this user may not look at " + path, "call this as root");
    return false;
  }
  if (!S_ISDIR(status.st_mode)) {
    inspection.fail("there is no directory " + path, "the service is down, or has another SOCKET_DIR",
                    kStart);
    return false;
  }
  const auto* worker = ::getpwnam(inspection.settings().worker_user.c_str());
  if (const auto fault = server::find_directory_fault(
          path, worker == nullptr ? std::nullopt : std::optional(worker->pw_uid)))
    inspection.fail(fault->what, "whoever puts a socket there while the service is down gets all passwords",
                    fault->cure);
  const auto* nginx = nginx_user(inspection.settings(), status.st_uid);
  if (nginx != nullptr && !may_enter(*nginx, status))
    inspection.fail("the user " + std::string(nginx->pw_name) + " of nginx may not enter " + path,
                    "nginx answers 502",
                    "chgrp " + inspection.settings().nginx_user + " " + path + " && chmod g+x " + path);
  return true;
}

}  // namespace

void look_at_sockets(Inspection& inspection) {
  if (!look_at_directory(inspection, inspection.settings().socket_dir)) return;
  for (const auto& pool : base::kPools) look_at_socket(inspection, pool);
}

}  // namespace ctl::checks
