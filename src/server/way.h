// The way to a file through directories and links, and who could have it lead to something of theirs. It
// knows files and their owners, nothing of what they hold.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace server {

struct DirectoryFault {
  std::string what;          ///< Who could do what where.
  std::string cure;          ///< The command that mends it.
  bool is_of_owner = false;  ///< The directory belongs to somebody else, which may be right for him.
};

/// What is right for a directory. It must belong to root, to the caller, to the owner of the program
/// (is_trusted()), or to one user more whom a function names.
struct DirectoryRule {
  std::string_view harm_of_owner;    ///< What another owner could do.
  std::string_view right;            ///< That of others who may write to it, in words that its path follows.
  std::string_view harm_of_writers;  ///< What these could do with it.
  /// What mends a sticky one to which others may write, such as /tmp, with `@` for its path; empty where such
  /// a one is right, because others cannot replace in it what is not theirs.
  std::string_view cure_of_sticky;
  bool takes_own_group;         ///< The caller's own group may write, where no access list (acl(5)) is.
  bool takes_place_of_program;  ///< Whoever could replace the program itself may do everything.
};

/// Nothing for a directory that is as the rule has it, and where there is none.
std::optional<DirectoryFault> find_fault(const std::string& directory, const DirectoryRule& rule,
                                         std::optional<uid_t> owner = std::nullopt);

/// Who may write to a file besides its owner and the caller's own group, in words that "may write to it"
/// follows, and the command that ends it; nothing when nobody may. The rule of a directory that
/// takes_own_group.
std::optional<DirectoryFault> find_writers(const std::string& file, const struct stat& status);

struct Way {
  std::string end;  ///< Where it leads: an absolute path without links, of something that may not be there.
  std::optional<DirectoryFault> fault;  ///< The first one on the way; then `end` is where it is.
};

/// Goes the way of a path from the root (of "", that of the working directory), and looks at each directory
/// and each link above its end, with what others could replace there. Links must belong to those who may own
/// a directory.
Way find_way(const std::string& path, std::optional<uid_t> owner = std::nullopt);

/// The name of a user for people; the number where it has none.
std::string name_of_user(uid_t id);

}  // namespace server
