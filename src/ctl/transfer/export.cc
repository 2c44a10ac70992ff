// The command export jsonl: all users with their hashes, in the form that import jsonl reads.
#include <unistd.h>

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

}  // namespace

int export_jsonl(Desk& desk, const Arguments& arguments) {
  if (::isatty(STDOUT_FILENO) == 1 && !arguments.has("yes"))
    throw Refusal(
        "this would show the hashes of all passwords on the terminal: write them to a file that only you may "
        "read, or add --yes");
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
