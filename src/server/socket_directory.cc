#include "server/socket_directory.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <stdexcept>

#include "server/privileges.h"

namespace server {
namespace {

constexpr int kMostLinks = 40;  // as many as Linux follows
constexpr mode_t kOfOthers = S_IWGRP | S_IWOTH;

std::string name_of_user(uid_t id) {
  const passwd* user = ::getpwuid(id);
  return user == nullptr ? std::to_string(id) : user->pw_name;
}

std::string name_of_group(gid_t id) {
  const group* found = ::getgrgid(id);
  return found == nullptr ? std::to_string(id) : found->gr_name;
}

/// Empty when it cannot be read.
std::string read_link(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const auto size = ::readlink(path.c_str(), target.data(), target.size());
  return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : std::string();
}

/// An absolute path for a relative one.
std::string make_absolute(const std::string& path) {
  std::array<char, PATH_MAX> directory{};
  if (path.starts_with('/') || ::getcwd(directory.data(), directory.size()) == nullptr) return path;
  return std::string(directory.data()) + "/" + path;
}

/// Whether the bits of the group are those of several users and groups (acl(5)).
bool has_access_list(const std::string& path) {
  return ::getxattr(path.c_str(), "system.posix_acl_access", nullptr, 0) > 0;
}

/// Who may write to it besides its owner, for people; the mode must have one of kOfOthers.
std::string name_writers(const std::string& path, const struct stat& status) {
  if ((status.st_mode & S_IWOTH) != 0) return "every user";
  return has_access_list(path) ? "whom an access list names" : "the group " + name_of_group(status.st_gid);
}

/// The command that takes the rights of `bits` to write from a file.
std::string make_closing(const std::string& path, mode_t bits) {
  return std::string("chmod ") + ((bits & S_IWGRP) != 0 ? "g" : "") + ((bits & S_IWOTH) != 0 ? "o" : "") +
         "-w " + path;
}

/// Goes down a path, through its links, and looks at each directory on the way.
class Walk {
 public:
  Walk(const std::string& path, std::optional<uid_t> owner)
      : rest_(make_absolute(path)), owner_(owner), program_(read_link("/proc/self/exe")) {}

  std::optional<DirectoryFault> find_fault() {
    while (rest_.find_first_not_of('/') != std::string::npos) {
      if (auto fault = find_fault_above()) return fault;
      if (auto fault = step(take_name())) return fault;
      if (ended_) return std::nullopt;
    }
    return find_fault_here();
  }

 private:
  std::string here() const { return resolved_.empty() ? "/" : resolved_; }
  bool may_own(uid_t user) const { return user == owner_ || is_trusted(user); }
  bool holds_program() const { return program_.starts_with(resolved_ + "/"); }

  std::string take_name() {
    rest_.erase(0, rest_.find_first_not_of('/'));
    auto name = rest_.substr(0, rest_.find('/'));
    rest_.erase(0, name.size());
    return name;
  }

  std::optional<DirectoryFault> step(const std::string& name) {
    if (name == ".") return std::nullopt;
    if (name == "..") {
      resolved_.erase(std::min(resolved_.rfind('/'), resolved_.size()));
      return std::nullopt;
    }
    const auto path = resolved_ + "/" + name;
    struct stat status {};
    ended_ = ::lstat(path.c_str(), &status) != 0;
    if (ended_) return std::nullopt;
    if (S_ISLNK(status.st_mode)) return follow(path, status.st_uid);
    resolved_ = path;
    return std::nullopt;
  }

  std::optional<DirectoryFault> follow(const std::string& link, uid_t user) {
    if (!may_own(user))
      return DirectoryFault{
          link + " is a link of the user " + name_of_user(user) + ", who could lead it anywhere",
          "rm " + link};
    const auto target = read_link(link);
    ended_ = target.empty() || ++links_ > kMostLinks;
    if (target.starts_with('/')) resolved_.clear();
    rest_.insert(0, target + "/");
    return std::nullopt;
  }

  /// Of a directory on the way.
  std::optional<DirectoryFault> find_fault_above() const {
    struct stat status {};
    if (holds_program() || ::stat(here().c_str(), &status) != 0) return std::nullopt;
    if (!may_own(status.st_uid))
      return DirectoryFault{here() + " belongs to the user " + name_of_user(status.st_uid) +
                                ", who could replace what is below it",
                            "chown " + name_of_user(::geteuid()) + " " + here()};
    const bool is_own_group = status.st_gid == ::getegid() && !has_access_list(here());
    const mode_t open = status.st_mode & (is_own_group ? S_IWOTH : kOfOthers);
    if (open == 0 || (status.st_mode & S_ISVTX) != 0) return std::nullopt;
    return DirectoryFault{
        name_writers(here(), status) + " may write to " + here() + ", and so replace what is below it",
        make_closing(here(), open)};
  }

  /// Of the directory to which the path leads.
  std::optional<DirectoryFault> find_fault_here() const {
    struct stat status {};
    if (::stat(here().c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return std::nullopt;
    if (!may_own(status.st_uid))
      return DirectoryFault{here() + " belongs to the user " + name_of_user(status.st_uid) +
                                ", who could put another socket in the place of the service's",
                            "chown " + name_of_user(::geteuid()) + " " + here()};
    const mode_t open = status.st_mode & kOfOthers;
    if (open == 0) return std::nullopt;
    const bool is_shared = (status.st_mode & S_ISVTX) != 0;
    return DirectoryFault{
        name_writers(here(), status) + " may put files into " + here() +
            ", and so another socket in the place of the service's while it is down",
        is_shared ? "mkdir -m 755 " + here() + "/sessiond, and set SOCKET_DIR=" + here() + "/sessiond"
                  : make_closing(here(), open)};
  }

  std::string resolved_;  ///< What has been gone, without links; empty for the root.
  std::string rest_;
  std::optional<uid_t> owner_;
  std::string program_;
  int links_ = 0;
  bool ended_ = false;  ///< The path leads nowhere.
};

}  // namespace

std::optional<DirectoryFault> find_directory_fault(const std::string& path, std::optional<uid_t> owner) {
  return Walk(path, owner).find_fault();
}

void require_safe_socket_directory(const std::string& path) {
  if (const auto fault = find_directory_fault(path))
    throw std::runtime_error("SOCKET_DIR=" + path + " is not safe: " + fault->what + "; run: " + fault->cure);
}

}  // namespace server
