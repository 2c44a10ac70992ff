// The commands import htpasswd, csv and jsonl: from a file to the users, and what the operator is told.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <string>

#include "base/file.h"
#include "base/unique_fd.h"
#include "base/utf8.h"
#include "crypto/password.h"
#include "ctl/groups.h"
#include "ctl/transfer/import_check.h"
#include "ctl/transfer/import_file.h"
#include "ctl/transfer/importer.h"
#include "ctl/verbs.h"

namespace ctl {
namespace {

constexpr std::size_t kMostBytes = std::size_t{256} << 20;

using Parse = ImportFile (*)(std::string_view text);

/// A file that is open, and how people know it.
struct Source {
  std::string name;
  base::UniqueFd file;
};

[[noreturn]] void refuse_file(const std::string& name, int error) {
  throw Refusal("cannot read " + name + ": " +
                (error == EFBIG ? "it has more than " + std::to_string(kMostBytes >> 20) + " MiB; split it"
                                : std::string(std::strerror(error))));
}

Source open_source(std::string_view operand) {
  const bool is_input = operand == "-";
  Source source{is_input ? "standard input" : base::make_excerpt(operand), {}};
  source.file.reset(is_input ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                             : ::open(std::string(operand).c_str(), O_RDONLY | O_CLOEXEC));
  if (!source.file) refuse_file(source.name, errno);
  return source;
}

ImportFile read_users(const Source& source, Parse parse) {
  const auto text = base::read_all(source.file.get(), kMostBytes);
  if (!text) refuse_file(source.name, errno);
  return parse(*text);
}

/// Says on a terminal how far the import is, in one line, which goes at the end.
class ProgressLine {
 public:
  explicit ProgressLine(std::size_t total) : total_(total) {}
  ~ProgressLine() {
    if (is_shown_) std::cerr << "\r\033[K" << std::flush;
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(std::size_t done) {
    is_shown_ = ::isatty(STDERR_FILENO) == 1;
    if (is_shown_) std::cerr << '\r' << done << " of " << total_ << " users" << std::flush;
  }

 private:
  std::size_t total_;
  bool is_shown_ = false;
};

void tell(const Desk& desk, const ImportCount& count) {
  desk.log("users_imported", std::nullopt,
           std::to_string(count.added) + " added, " + std::to_string(count.updated) + " updated");
  desk.print(Record()
                 .add("added", count.added)
                 .add("updated", count.updated)
                 .add("sessions_ended", count.sessions_ended));
}

/// The file is opened before the database is, which makes root another user, and read after that. With
/// `groups`, these are the groups of every user.
int import_users(Desk& desk, const Arguments& arguments, Parse parse,
                 const std::optional<std::string>& groups = std::nullopt) {
  const auto source = open_source(arguments.operand(0));
  desk.database();
  auto file = read_users(source, parse);
  if (groups)
    for (auto& user : file.users) user.groups = groups;
  check_import(file, crypto::PasswordHasher(crypto::make_cost(desk.settings())));
  refuse_faults(source.name, std::move(file.faults));
  ImportCount count;
  {
    ProgressLine line(file.users.size());
    Importer importer(desk, file.users, source.name, [&](std::size_t done) { line.show(done); });
    count = importer.run(arguments.has("update"));
  }
  tell(desk, count);
  return kDone;
}

}  // namespace

int import_htpasswd(Desk& desk, const Arguments& arguments) {
  const auto groups = arguments.value("groups");
  return import_users(desk, arguments, parse_htpasswd,
                      groups ? std::optional(parse_groups(*groups)) : std::nullopt);
}

int import_csv(Desk& desk, const Arguments& arguments) {
  return import_users(desk, arguments, parse_csv);
}

int import_jsonl(Desk& desk, const Arguments& arguments) {
  return import_users(desk, arguments, parse_jsonl);
}

}  // namespace ctl
