// The main program: reads the command line and the settings, then runs the service or does what an option
// asks.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "auth/blocklist.h"
#include "auth/cleanup.h"
#include "auth/readiness.h"
#include "auth/routes.h"
#include "auth/standby.h"
#include "base/clock.h"
#include "base/config.h"
#include "base/file.h"
#include "base/log.h"
#include "base/reach.h"
#include "base/setting_source.h"
#include "base/text.h"
#include "base/utf8.h"
#include "base/version.h"
#include "pg/client.h"
#include "pg/connection.h"
#include "pg/standby.h"
#include "pg/tls.h"
#include "pg/variables.h"
#include "server/caretaker.h"
#include "server/confinement.h"
#include "server/handover.h"
#include "server/listen.h"
#include "server/privileges.h"
#include "server/socket_directory.h"
#include "server/startup.h"
#include "server/supervisor.h"
#include "store/schema.h"

namespace {

using base::print;

/// How long -t waits for the database, in milliseconds.
constexpr std::int64_t kDatabaseLimit = 10000;

constexpr const char* kUsage =
    "usage: sessiond [-f FILE] [-n | -t | -s | -w | -g NAME | -d COMMAND... | -c | -r | -V | -h]\n"
    "  without options  run the service in the foreground, log to standard error\n"
    "  -f FILE          read settings from FILE instead of .env, or /etc/sessiond/sessiond.conf\n"
    "  -n               check the settings and exit\n"
    "  -t               check the settings, and the database as a worker connects to it, and exit\n"
    "  -s               print the value of every setting, defaults filled in, secrets hidden\n"
    "  -w               print where each setting comes from: environment, FILE:LINE or default\n"
    "  -g NAME          print the value of the setting NAME, even if it is secret\n"
    "  -d COMMAND...    run a program such as psql on the database of the settings\n"
    "  -c               delete ended sessions, old attempts and old devices from the database\n"
    "  -r               print the routes: method, path, pool, and whether nginx limits their rate\n"
    "  -V               print the version\n"
    "  -h               print this text\n";

/// The command line. `action` is the letter of the option; 0 means to run the service.
struct Options {
  char action = 0;
  std::string file;
  std::string name;
  char** command = nullptr;  ///< Of -d: the arguments that are left, ended by nullptr.
  bool valid = true;
};

/// A reason may have several lines. What others have written, such as a server or a file, is in it.
void complain(std::string_view reason) {
  std::cerr << "sessiond: " << base::make_printable_lines(reason) << '\n';
}

/// What is wrong with an option, by what getopt() has returned for it; else nothing.
std::string find_option_fault(int option) {
  const auto name = "-" + base::make_excerpt(std::string(1, static_cast<char>(::optopt)));
  if (option == '?') return "there is no option '" + name + "'";
  if (option == ':')
    return name + (::optopt == 'f' ? " needs a settings file" : " needs the name of a setting");
  return {};
}

/// Takes the options, up to the first that is wrong. Returns what is wrong with it; else nothing.
std::string take_options(Options& options, int argc, char** argv) {
  constexpr const char* kOptions = "+:f:ntg:swdcrVh";
  for (int option = ::getopt(argc, argv, kOptions); option != -1; option = ::getopt(argc, argv, kOptions)) {
    if (auto fault = find_option_fault(option); !fault.empty()) return fault;
    if (option == 'f') {
      options.file = ::optarg;
      continue;
    }
    if (options.action != 0) return "of the options that say what to do, one can be given";
    options.action = static_cast<char>(option);
    if (option == 'g') options.name = ::optarg;
  }
  return {};
}

/// What is wrong with the words after the options; else nothing.
std::string find_word_fault(const Options& options, int argc, char** argv) {
  if (options.action == 'd')
    return ::optind < argc ? "" : "-d needs the command that it shall run, such as psql";
  return ::optind == argc ? "" : "unexpected argument '" + base::make_excerpt(argv[::optind]) + "'";
}

Options parse_options(int argc, char** argv) {
  Options options;
  ::opterr = 0;
  auto fault = take_options(options, argc, argv);
  if (fault.empty()) fault = find_word_fault(options, argc, argv);
  if (options.action == 'd') options.command = argv + ::optind;
  options.valid = fault.empty();
  if (!options.valid) complain(fault);
  return options;
}

int print_setting(const base::Settings& settings, const std::string& name) {
  const auto* setting = base::find_setting(name);
  if (setting == nullptr) {
    complain("there is no setting named '" + base::make_excerpt(name) + "'; -s prints all of them");
    return server::kExitCannotStart;
  }
  print(base::effective_value(settings, *setting).view());
  print("\n");
  return 0;
}

int print_settings(const base::Settings& settings) {
  std::string text;
  for (const auto& setting : base::settings_table()) {
    const bool secret = std::holds_alternative<base::SecretKind>(setting.kind);
    const auto value = base::effective_value(settings, setting);
    text.append(setting.name).append("=").append(secret && !value.empty() ? "***" : value.view()) += '\n';
  }
  print(text);
  return 0;
}

int print_origins(const base::SettingSource& source) {
  std::string text;
  for (const auto& setting : base::settings_table())
    text.append(setting.name).append("=").append(source.where(setting)) += '\n';
  print(text);
  return 0;
}

int print_routes() {
  std::string text;
  for (const auto& route : auth::routes())
    text.append(route.method)
        .append(" ")
        .append(route.path)
        .append(" ")
        .append(base::pool_row(route.pool).name) += route.limited ? " limited\n" : " -\n";
  print(text);
  return 0;
}

int clean_up_once(const base::Settings& settings) {
  pg::Connection connection(settings);
  while (auth::clean_up_batch(connection, settings)) continue;
  return 0;
}

std::string make_standby_complaint(const std::string& fault) {
  return "CHECK_DATABASE_URL cannot be used: " + fault;
}

/// What is wrong with the standbys of CHECK_DATABASE_URL, found by a process with the rights of a worker,
/// which says it: this one keeps its own, and has no connection. One that does not answer now may do so
/// later, and is read from when it has been verified. Throws runtime_error when it cannot be found out.
bool are_standbys_wrong(const base::Settings& settings) {
  const pid_t child = ::fork();
  if (child < 0) throw std::runtime_error(std::string("cannot verify the standby: ") + std::strerror(errno));
  if (child == 0) {
    int code = server::kExitCannotStart;
    try {
      server::drop_privileges(server::find_identities(settings));
      server::confine_worker();
      const auto found = auth::inspect_standbys(settings);
      for (const auto& fault : found.faults) complain(make_standby_complaint(fault));
      code = found.faults.empty() ? 0 : server::kExitCannotStart;
    } catch (const std::exception& failure) {
      complain(failure.what());
    }
    ::_exit(code);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return status != 0;
}

/// `warning` is what FoundSettings says; `ignored` as in run().
int serve(const base::Settings& settings, const server::Call& call,
          const std::optional<server::Handover>& handover, const std::string& warning,
          const std::string& ignored) {
  if (pg::reads_standby(settings) && are_standbys_wrong(settings)) return server::kExitCannotStart;
  base::set_log_level(settings.log_level);
  base::protect_log();
  if (!warning.empty())
    base::log_event(base::LogLevel::warning, "public_suffixes_unknown", {{"reason", warning}});
  for (const auto& reason : base::find_unreached(settings))
    base::log_event(base::LogLevel::warning, "cookies_unreached", {{"reason", reason}});
  if (!ignored.empty())
    base::log_event(base::LogLevel::warning, "variables_ignored",
                    {{"names", ignored}, {"advice", "say it in DATABASE_URL or the DB_* settings"}});
  if (server::is_stdin_listening()) return server::serve_stdin(settings);
  return server::Supervisor(settings, call, handover).run();
}

/// Prints a sentence of which -n warns; nothing for an empty one.
void warn(const std::string& sentence) {
  if (!sentence.empty()) complain("warning: " + sentence);
}

/// Throws runtime_error when the service could not use its directory of sockets, or others could replace
/// them. One of root's is in order for others, too: a supervisor may bind the sockets in it. The default
/// directory is not looked at, because scripts/run makes it.
void check_socket_directory(const base::SettingSource& source, const base::Settings& settings) {
  if (server::inherits_sockets()) return;
  if (source.value(*base::find_setting("SOCKET_DIR")).empty()) return;
  server::require_short_paths(settings);
  server::require_safe_socket_directory(settings.socket_dir);
  struct stat status {};
  const bool found = ::stat(settings.socket_dir.c_str(), &status) == 0;
  if (found && !S_ISDIR(status.st_mode)) errno = ENOTDIR;
  if (found && S_ISDIR(status.st_mode) && ::access(settings.socket_dir.c_str(), W_OK | X_OK) == 0) return;
  if (found && S_ISDIR(status.st_mode) && status.st_uid == 0)
    return warn("only root may bind sockets in SOCKET_DIR=" + base::make_excerpt(settings.socket_dir) +
                ", so the service needs a supervisor that passes them to it");
  throw std::runtime_error("SOCKET_DIR=" + base::make_excerpt(settings.socket_dir) +
                           " cannot be used: " + std::strerror(errno) +
                           "; it must be a directory that the user of the service may write to");
}

/// Does what -n does; after it, the process has the rights of a worker. Throws runtime_error for what would
/// keep the service from its start. `ignored` as in run().
void check_settings(const server::FoundSettings& found, const std::string& ignored) {
  const auto& settings = found.loaded.settings;
  const auth::Blocklist blocklist(settings.password_blocklist);  // throws when the list is faulty
  check_socket_directory(found.source, settings);
  const auto identities = server::find_identities(settings);  // throws without the users
  warn(found.warning);
  warn(server::find_shared_user(settings, identities));
  warn(server::find_confinement_obstacle());
  for (const auto& reason : base::find_unreached(settings)) warn(reason);
  if (!ignored.empty())
    warn(ignored +
         " in the environment: variables of libpq do not count; say it in DATABASE_URL or the DB_* settings");
  server::drop_privileges(identities);
  for (const auto& fault : pg::find_tls_faults(settings)) warn(fault);
  if (const auto risk = pg::find_impersonation_risk(settings))
    warn(risk->what + ": " + std::string(risk->meaning) + "; " + std::string(risk->cure));
  if (pg::reads_standby(settings))
    for (const auto& fault : pg::find_tls_faults(pg::make_standby_settings(settings)))
      warn("CHECK_DATABASE_URL: " + fault);
}

/// Connects as workers do, confined as they are. Throws runtime_error when the database does not answer or is
/// not as the service needs it.
void check_database(const base::Settings& settings) {
  base::set_log_level(base::LogLevel::error);
  server::confine_worker();
  pg::Connection connection(settings);
  connection.set_deadline(base::monotonic_ms() + kDatabaseLimit);
  connection.require_connected();
  store::Schema schema(connection);
  for (const auto& [event, reason] : auth::find_obstacles(schema, connection))
    throw std::runtime_error("the database cannot serve (" + std::string(event) + "): " + reason);
  auto [faults, unanswered] = auth::inspect_standbys(settings);
  faults.insert(faults.end(), unanswered.begin(), unanswered.end());
  if (!faults.empty()) throw std::runtime_error(make_standby_complaint(base::join(faults, "; ")));
}

int print_version() {
  print(std::string("sessiond ").append(base::kVersion) += '\n');
  return 0;
}

int print_usage() {
  print(kUsage);
  return 0;
}

/// `handover` is what a running service has left to this program; `ignored` names the variables of libpq that
/// were unset.
int run(const Options& options, char** argv, const std::optional<server::Handover>& handover,
        const std::string& ignored) {
  if (options.action == 'h') return print_usage();
  if (options.action == 'V') return print_version();
  if (options.action == 'r') return print_routes();
  server::FoundSettings found(options.file);
  const auto& loaded = found.loaded;
  for (const auto& error : loaded.errors) complain(error);
  if (!loaded.errors.empty()) return server::kExitCannotStart;
  if (options.action == 'g') return print_setting(loaded.settings, options.name);
  if (options.action == 's') return print_settings(loaded.settings);
  if (options.action == 'w') return print_origins(found.source);
  if (options.action == 'd') pg::become_client(loaded.settings, options.command);
  found.forget_secrets_of_scripts();
  if (options.action == 'c') return clean_up_once(loaded.settings);
  if (options.action == 0)
    return serve(loaded.settings, {argv, options.file}, handover, found.warning, ignored);
  check_settings(found, ignored);
  if (options.action == 't') check_database(loaded.settings);
  print(std::string(server::kTrialPassed) += '\n');
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (!server::fill_standard_descriptors()) return server::kExitCannotStart;
  server::protect_memory();
  const Options options = parse_options(argc, argv);
  if (!options.valid) {
    std::cerr << kUsage;
    return server::kExitCannotStart;
  }
  int code = server::kExitCannotStart;
  std::optional<server::Handover> handover;
  try {
    if (options.action == 0) handover = server::take_handover();
    server::use_own_home();
    code = run(options, argv, handover, base::join(pg::forget_variables(), ", "));
  } catch (const std::exception& failure) {
    complain(failure.what());
  }
  const bool keeps_workers = handover && code == server::kExitCannotStart;
  return keeps_workers ? server::take_care(*handover, {argv, options.file}) : code;
}
