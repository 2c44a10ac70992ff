#include "pg/socket_place.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/utf8.h"

namespace pg {
namespace {

std::string name_of_group(gid_t id) {
  const group* found = ::getgrgid(id);
  return found == nullptr ? std::to_string(id) : found->gr_name;
}

bool is_group_of_owner(const struct stat& status) {
  const passwd* owner = ::getpwuid(status.st_uid);
  return owner != nullptr && owner->pw_gid == status.st_gid;
}

/// Who may put a socket into the directory besides its owner; empty for nobody.
std::string find_writers(const struct stat& status) {
  if ((status.st_mode & S_IWOTH) != 0) return "every user";
  if ((status.st_mode & S_IWGRP) == 0 || is_group_of_owner(status)) return {};
  return "the group " + name_of_group(status.st_gid);
}

/// Who may put another directory in the place of what is in this one; empty for nobody.
std::string find_movers(const struct stat& status) {
  return (status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0 ? "every user" : "";
}

/// The directory itself, or the nearest one on the way to it that is there, in which it could be made. A link
/// that leads to nothing is followed, too.
std::filesystem::path find_nearest(std::filesystem::path place) {
  constexpr int kMostSteps = 256;
  for (int i = 0; i < kMostSteps && place.has_relative_path(); ++i) {
    std::error_code absent, no_link;
    auto found = std::filesystem::canonical(place, absent);
    if (!absent) return found;
    const auto target = std::filesystem::read_symlink(place, no_link);
    place = no_link ? place.parent_path() : place.parent_path() / target;
  }
  return "/";
}

/// As a clause; empty when nobody may, or nothing is there.
std::string find_place_fault(const std::filesystem::path& place, std::string (*find)(const struct stat&)) {
  struct stat status {};
  if (::stat(place.c_str(), &status) != 0) return {};
  const auto who = find(status);
  return who.empty() ? who : who + " may write to " + base::make_excerpt(place.string());
}

bool is_missing(const std::string& directory) {
  std::error_code unknown;
  return !std::filesystem::exists(directory, unknown);
}

/// Whether only its owner may move what is in it.
bool keeps_files(const std::filesystem::path& place) {
  struct stat status {};
  return ::stat(place.c_str(), &status) == 0 && (status.st_mode & S_ISVTX) != 0;
}

/// Whoever may replace the program, too, needs no password.
bool holds_program(const std::filesystem::path& place) {
  std::error_code unknown;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", unknown);
  return std::mismatch(place.begin(), place.end(), program.begin(), program.end()).first == place.end();
}

}  // namespace

std::string find_socket_fault(const std::string& host) {
  if (host.starts_with('@')) return "every user may take the name " + base::make_excerpt(host);
  auto place = find_nearest(host);
  if (is_missing(host) && holds_program(place) && !keeps_files(place)) return {};
  auto fault = find_place_fault(place, find_writers);
  while (fault.empty() && place.has_relative_path()) {
    place = place.parent_path();
    if (holds_program(place)) return {};
    fault = find_place_fault(place, find_movers);
  }
  return fault;
}

}  // namespace pg
