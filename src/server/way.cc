#include "server/way.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include "server/privileges.h"

namespace server {
namespace {

constexpr int kMostLinks = 40;  // as many as Linux follows
constexpr mode_t kOfOthers = S_IWGRP | S_IWOTH;

constexpr DirectoryRule kAbove{.harm_of_owner = "who could replace what is below it",
                               .right = "may write to",
                               .harm_of_writers = "and so replace what is below it",
                               .cure_of_sticky = "",
                               .takes_own_group = true,
                               .takes_place_of_program = true};

std::string name_of_group(gid_t id) {
  const group* found = ::getgrgid(id);
  return found == nullptr ? std::to_string(id) : found->gr_name;
}

bool may_own(uid_t user, std::optional<uid_t> owner) {
  return user == owner || is_trusted(user);
}

/// Empty when it cannot be read.
std::string read_link(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const auto size = ::readlink(path.c_str(), target.data(), target.size());
  return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : std::string();
}

bool holds_program(const std::string& directory) {
  return read_link("/proc/self/exe").starts_with(directory == "/" ? directory : directory + "/");
}

/// Whether the bits of the group are those of several users and groups (acl(5)).
bool has_access_list(const std::string& path) {
  return ::getxattr(path.c_str(), "system.posix_acl_access", nullptr, 0) > 0;
}

/// The rights of others to write that are not right.
mode_t find_open(const std::string& path, const struct stat& status, bool takes_own_group) {
  const bool is_own_group = status.st_gid == ::getegid() && !has_access_list(path);
  return status.st_mode & (takes_own_group && is_own_group ? S_IWOTH : kOfOthers);
}

/// Who may write to it besides its owner, for people; the mode must have one of kOfOthers.
std::string name_writers(const std::string& path, const struct stat& status) {
  if ((status.st_mode & S_IWOTH) != 0) return "every user";
  return has_access_list(path) ? "whom an access list names" : "the group " + name_of_group(status.st_gid);
}

/// The text with the path in place of each `@`.
std::string fill(std::string_view text, const std::string& path) {
  std::string filled;
  for (const char byte : text) filled += byte == '@' ? path : std::string(1, byte);
  return filled;
}

/// The command that takes the rights of `bits` to write from a file.
std::string make_closing(const std::string& path, mode_t bits) {
  return std::string("chmod ") + ((bits & S_IWGRP) != 0 ? "g" : "") + ((bits & S_IWOTH) != 0 ? "o" : "") +
         "-w " + path;
}

/// Goes down a path, through its links, and looks at each directory on the way.
class Walk {
 public:
  Walk(std::string path, std::optional<uid_t> owner) : rest_(std::move(path)), owner_(owner) {}

  Way go() {
    while (!ended_ && rest_.find_first_not_of('/') != std::string::npos) {
      auto fault = find_fault(here(), kAbove, owner_);
      if (!fault) fault = step(take_name());
      if (fault) return {here(), std::move(fault)};
    }
    return {here(), std::nullopt};
  }

 private:
  std::string here() const { return resolved_.empty() ? "/" : resolved_; }

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
    resolved_ += "/" + name;
    struct stat status {};
    ended_ = ::lstat(resolved_.c_str(), &status) != 0;
    return !ended_ && S_ISLNK(status.st_mode) ? follow(resolved_, status.st_uid) : std::nullopt;
  }

  std::optional<DirectoryFault> follow(const std::string& link, uid_t user) {
    if (!may_own(user, owner_))
      return DirectoryFault{
          link + " is a link of the user " + name_of_user(user) + ", who could lead it anywhere",
          "rm " + link};
    const auto target = read_link(link);
    ended_ = target.empty() || ++links_ > kMostLinks;
    if (ended_) return std::nullopt;
    resolved_.erase(target.starts_with('/') ? 0 : resolved_.rfind('/'));
    rest_.insert(0, target + "/");
    return std::nullopt;
  }

  std::string resolved_;  ///< What has been gone, without links; empty for the root.
  std::string rest_;
  std::optional<uid_t> owner_;
  int links_ = 0;
  bool ended_ = false;  ///< The path leads nowhere.
};

}  // namespace

std::string name_of_user(uid_t id) {
  const passwd* user = ::getpwuid(id);
  return user == nullptr ? std::to_string(id) : user->pw_name;
}

std::optional<DirectoryFault> find_fault(const std::string& directory, const DirectoryRule& rule,
                                         std::optional<uid_t> owner) {
  struct stat status {};
  if (::stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return std::nullopt;
  const bool is_place_of_program = rule.takes_place_of_program && holds_program(directory);
  if (!may_own(status.st_uid, owner) && !is_place_of_program)
    return DirectoryFault{directory + " belongs to the user " + name_of_user(status.st_uid) + ", " +
                              std::string(rule.harm_of_owner),
                          "chown " + name_of_user(::geteuid()) + " " + directory, true};
  const mode_t open = find_open(directory, status, rule.takes_own_group);
  const bool is_sticky = (status.st_mode & S_ISVTX) != 0;
  if (open == 0 || (is_sticky ? rule.cure_of_sticky.empty() : is_place_of_program)) return std::nullopt;
  return DirectoryFault{name_writers(directory, status) + " " + std::string(rule.right) + " " + directory +
                            ", " + std::string(rule.harm_of_writers),
                        is_sticky ? fill(rule.cure_of_sticky, directory) : make_closing(directory, open)};
}

std::optional<DirectoryFault> find_writers(const std::string& file, const struct stat& status) {
  const mode_t open = find_open(file, status, true);
  if (open == 0) return std::nullopt;
  return DirectoryFault{name_writers(file, status), make_closing(file, open)};
}

Way find_way(const std::string& path, std::optional<uid_t> owner) {
  if (path.starts_with('/')) return Walk(path, owner).go();
  std::array<char, PATH_MAX> directory{};
  if (::getcwd(directory.data(), directory.size()) != nullptr && directory[0] == '/')
    return Walk(std::string(directory.data()) + "/" + path, owner).go();
  return {path, DirectoryFault{
                    std::string("the path of the working directory cannot be told: ") + std::strerror(errno),
                    "cd /"}};
}

}  // namespace server
