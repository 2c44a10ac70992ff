#include "ctl/desk.h"

#include <pwd.h>
#include <sys/types.h>
#include <syslog.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <iostream>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "ctl/prompt.h"
#include "server/privileges.h"
#include "store/schema.h"

namespace ctl {
namespace {

constexpr std::int64_t kDatabaseDeadline = 30000;  // milliseconds

/// Only root can have been called by sudo for somebody else, and only root could pretend that.
std::string find_operator() {
  const char* caller = ::geteuid() == 0 ? std::getenv("SUDO_USER") : nullptr;
  const passwd* user = caller != nullptr ? ::getpwnam(caller) : nullptr;
  if (user == nullptr) user = ::getpwuid(::getuid());
  return "operator:" + (user != nullptr ? std::string(user->pw_name) : std::to_string(::getuid()));
}

void require_schema(pg::Connection& connection) {
  const auto state = store::Schema(connection).find_state();
  if (!state.misfit.empty()) throw Refusal(state.misfit);
  if (state.version == store::kSchemaVersion) return;
  throw Refusal(
      "the tables are of version " + std::to_string(state.version) + ", and this program needs version " +
      std::to_string(store::kSchemaVersion) +
      (state.version < store::kSchemaVersion ? ": run scripts/migrate" : ": install the newer program"));
}

}  // namespace

Desk::Desk(const server::FoundSettings& found, const Arguments& arguments)
    : found_(found), arguments_(arguments), connection_(found.loaded.settings), actor_(find_operator()) {
  const int also_here = arguments.has("verbose") ? LOG_PERROR : 0;
  ::openlog("sessionctl", LOG_PID | also_here, LOG_AUTHPRIV);
}

pg::Connection& Desk::database() {
  connection_.set_deadline(base::monotonic_ms() + kDatabaseDeadline);
  if (connection_.connected()) return connection_;
  server::drop_privileges(server::find_identities(settings()));
  connection_.require_connected();
  require_schema(connection_);
  return connection_;
}

Form Desk::form() const {
  if (arguments_.has("json")) return Form::json;
  if (arguments_.has("id-only")) return Form::ids;
  return ::isatty(STDOUT_FILENO) == 1 ? Form::table : Form::lines;
}

void Desk::print(Rows rows) const {
  std::vector<Filter> filters;
  for (const auto text : arguments_.values("where")) {
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) throw WrongUsage("--where needs FIELD=VALUE, not " + quote(text));
    filters.push_back({text.substr(0, equals), text.substr(equals + 1)});
  }
  rows.filter(filters);
  base::print(rows.print(form()));
}

void Desk::print(const Record& record) const {
  base::print(record.print(form()));
}

void Desk::say(std::string_view sentence) const {
  if (arguments_.has("json") || arguments_.has("id-only")) return;
  base::print(std::string(sentence) += '\n');
}

void Desk::confirm(const std::string& question) const {
  if (arguments_.has("yes")) return;
  if (::isatty(STDIN_FILENO) != 1) throw WrongUsage(question + " Add --yes to do it without being asked.");
  if (!ask(question + " Type yes to do it: ", "yes")) throw Refusal("nothing was changed");
}

void Desk::log(std::string_view event, std::optional<store::UserId> user, std::string_view detail) const {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const auto user_text = user ? std::to_string(user->value) : std::string();
  const auto line = base::make_log_line(now, base::LogLevel::info, event,
                                        {{"actor", actor_}, {"user_id", user_text}, {"detail", detail}});
  ::syslog(LOG_NOTICE, "%s", line.c_str());
}

}  // namespace ctl
