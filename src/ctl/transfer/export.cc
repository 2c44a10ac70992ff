// The command export jsonl: all users with their hashes, in the form that import jsonl reads.
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"
#include "ctl/groups.h"
#include "ctl/verbs.h"
#include "http/json.h"
#include "store/directory.h"

namespace ctl {
namespace {

std::string make_line(const store::DirectoryEntry& user) {
  http::JsonWriter json;
  json.begin_object().member("username", user.username).member("name", user.name);
  json.member("password_hash", user.password_hash).begin_array("groups");
  for (const auto& group : split_groups(user.groups)) json.element(group);
  json.end_array();
  if (user.email) json.member("email", *user.email);
  if (user.disabled_at) json.member("disabled", true);
  json.end_object();
  return json.take() += '\n';
}

/// A terminal, and a file that every user may read, as `>users.jsonl` makes it without umask 077. A group may
/// read it, as it may read the settings.
std::optional<std::string_view> find_readers() {
  if (::isatty(STDOUT_FILENO) == 1) return "whoever sees the terminal";
  struct stat output {};
  const bool is_file = ::fstat(STDOUT_FILENO, &output) == 0 && S_ISREG(output.st_mode);
  if (is_file && (output.st_mode & S_IROTH) != 0) return "every user of the system, who may read this file";
  return std::nullopt;
}

void require_no_readers(const Arguments& arguments) {
  if (arguments.has("yes")) return;
  if (const auto readers = find_readers())
    throw Refusal("this would show the hashes of all passwords to " + std::string(*readers) +
                  ": write them to a file that only you may read, which umask 077 makes, or add --yes");
}

}  // namespace

int export_jsonl(Desk& desk, const Arguments& arguments) {
  require_no_readers(arguments);
  store::Directory directory(desk.database());
  for (store::UserId last{0};;) {
    const auto page = directory.list(last);
    if (page.empty()) return kDone;
    std::string text;
    for (const auto& user : page) text += make_line(user);
    base::print(text);
    last = page.back().id;
    desk.database();
  }
}

}  // namespace ctl
