// Files with users of other programs: what stands in them, line by line. Pure functions on text; whether the
// users may be stored is for import_check.h to say.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ctl {

/// A user as the file has it. What the file does not say is absent.
struct ImportedUser {
  std::size_t line = 0;
  std::string username;
  std::string password_hash;
  std::optional<std::string> name = {};
  std::optional<std::string> groups = {};  ///< With commas between them.
  std::optional<std::string> email = {};
  std::optional<std::string> disabled = {};  ///< `true` or `false`.
};

/// What is wrong with a line, as a sentence that holds no hash.
struct ImportFault {
  std::size_t line = 0;
  std::string reason;
};

struct ImportFile {
  std::vector<ImportedUser> users;
  std::vector<ImportFault> faults;  ///< In the order of the lines. No user is of a line that has one.
};

/// Each takes the whole text. A byte order mark and carriage returns at the ends of lines are passed over.
///
/// Lines `USERNAME:HASH`, as htpasswd(1) writes them; empty ones and those that begin with `#` are passed
/// over, and so is what follows a second colon.
ImportFile parse_htpasswd(std::string_view text);
/// RFC 4180: a head line with the columns username and password_hash, and perhaps name, groups, email and
/// disabled, in any order. What is empty is absent, but for groups, of which there are none then.
ImportFile parse_csv(std::string_view text);
/// One JSON object a line, with the same members. Groups may be an array of strings, and disabled is `true`
/// or `false`; all else is a string. Empty lines are passed over.
ImportFile parse_jsonl(std::string_view text);

struct ImportFormat {
  std::string_view name;
  ImportFile (*parse)(std::string_view text);
};

/// The format of this name, as the command line has it; null when there is none.
const ImportFormat* find_import_format(std::string_view name);

}  // namespace ctl
