#include "server/settings_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <utility>

#include "base/file.h"
#include "base/unique_fd.h"
#include "base/utf8.h"
#include "server/privileges.h"
#include "server/way.h"

namespace server {
namespace {

/// The files that are taken without being named: the first that is there.
constexpr const char* kDefaultFile = ".env";
constexpr const char* kInstalledFile = "/etc/sessiond/sessiond.conf";
constexpr std::size_t kMostSettingsBytes = 1 << 20;

/// For the directory in which a default file has its name. In a sticky one, others can make any file of the
/// name that they may link or move.
constexpr DirectoryRule kOfSettings{.harm_of_owner = "who could put another settings file there",
                                    .right = "may put files into",
                                    .harm_of_writers = "and so another settings file",
                                    .cure_of_sticky = "mkdir -m 700 @/sessiond, and move it there",
                                    .takes_own_group = true,
                                    .takes_place_of_program = true};

bool is_absent(const char* path) {
  struct stat status {};
  return ::lstat(path, &status) != 0 && errno == ENOENT;
}

/// The file of the working directory counts before that of the machine. Either may be absent.
std::string find_default_file() {
  return is_absent(kDefaultFile) && !is_absent(kInstalledFile) ? kInstalledFile : kDefaultFile;
}

/// Throws runtime_error. `cure` may be empty.
[[noreturn]] void refuse_default(const std::string& path, const std::string& what, const std::string& cure) {
  throw std::runtime_error("the settings file " + path + " is not taken by default: " + what +
                           "; if it is the right one, name it with -f" +
                           (cure.empty() ? cure : ", or run: " + cure));
}

/// Where the way of a default file leads, of which others have no part.
std::string require_trusted_way(const std::string& path) {
  const auto slash = path.rfind('/');
  const auto name = path.substr(slash == std::string::npos ? 0 : slash + 1);
  auto way = find_way(slash == std::string::npos ? "" : path.substr(0, slash));
  if (!way.fault) way.fault = find_fault(way.end, kOfSettings);
  if (!way.fault) way = find_way(way.end + "/" + name);
  if (way.fault) refuse_default(path, way.fault->what, way.fault->is_of_owner ? "" : way.fault->cure);
  return way.end;
}

/// Why what the open file holds is not the word of somebody who is trusted.
std::optional<DirectoryFault> find_file_fault(int file, const struct stat& status, const std::string& end) {
  struct statfs system {};
  if (::fstatfs(file, &system) != 0 || system.f_type == PROC_SUPER_MAGIC)
    return DirectoryFault{"it leads to " + end + ", whose text comes from a process and not from its owner",
                          ""};
  if (S_ISDIR(status.st_mode)) return std::nullopt;
  if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode))
    return DirectoryFault{"it is neither a file nor a pipe", ""};
  if (!is_trusted(status.st_uid))
    return DirectoryFault{"it belongs to the user " + name_of_user(status.st_uid), ""};
  auto writers = find_writers(end, status);
  if (writers) writers->what += S_ISFIFO(status.st_mode) ? " may write into this pipe" : " may write to it";
  return writers;
}

/// Opens a default file. Until it is known to be trusted, a pipe is not waited for. Throws runtime_error when
/// it is not; empty when it cannot be opened, with the reason in errno.
base::UniqueFd open_default(const std::string& path) {
  const auto end = require_trusted_way(path);
  base::UniqueFd file(::open(end.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return {};
  if (const auto fault = find_file_fault(file.get(), status, end))
    refuse_default(path, fault->what, fault->cure);
  ::fcntl(file.get(), F_SETFL, O_RDONLY);
  pollfd written{file.get(), POLLIN, 0};
  ::poll(&written, 1, -1);  // until somebody has written into a pipe
  return file;
}

}  // namespace

SettingsFile read_settings_file(const std::string& name) {
  const std::string path = name.empty() ? find_default_file() : name;
  struct stat status {};
  if (name.empty() && is_absent(path.c_str())) return {path, base::Secret(), 0};
  const auto file =
      name.empty() ? open_default(path) : base::UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  auto text = file ? base::read_all(file.get(), kMostSettingsBytes) : std::nullopt;
  if (!text || ::fstat(file.get(), &status) != 0)
    throw std::runtime_error("cannot read the settings file " + base::make_excerpt(path) + ": " +
                             std::strerror(errno) + "; it must be a text file that this user may read");
  return {path, base::Secret(*std::move(text)), status.st_mode};
}

}  // namespace server
