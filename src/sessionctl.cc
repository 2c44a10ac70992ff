// The operator's program: reads the command line and the settings, then does what the command says.
#include <unistd.h>

#include <exception>
#include <iostream>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "base/utf8.h"
#include "base/version.h"
#include "ctl/command.h"
#include "ctl/desk.h"
#include "pg/error.h"
#include "pg/variables.h"
#include "server/privileges.h"
#include "server/startup.h"

namespace {

/// What the command line says before the command.
struct Options {
  std::string file;
  char action = 0;  ///< `h` for the help, `V` for the version, 0 for a command.
  std::vector<std::string_view> words;
};

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "-f" && i + 1 == argc) throw ctl::WrongUsage("-f needs the name of a settings file");
    if (word == "-f")
      options.file = argv[++i];
    else if (word == "-h" || word == "--help")
      options.action = 'h';
    else if (word == "-V" || word == "--version")
      options.action = 'V';
    else if (word.starts_with('-'))
      throw ctl::WrongUsage("there is no option " + ctl::quote(word) +
                            " before a command; see: sessionctl --help");
    else {
      options.words.assign(argv + i, argv + argc);
      break;
    }
  }
  return options;
}

/// `sessionctl user --help` asks for the commands of a subject.
bool asks_for_subject(const std::vector<std::string_view>& words) {
  return words.size() == 2 && words[1] == "--help" && words[0].find(' ') == std::string_view::npos &&
         ctl::is_subject(words[0]);
}

/// A reason may have several lines. What others have written, such as a server or a file, is in it.
int complain(std::string_view reason, int status) {
  std::cerr << "sessionctl: " << base::make_printable_lines(reason) << '\n';
  return status;
}

int run_command(const ctl::Call& call, const std::string& file) {
  const server::FoundSettings found(file);
  if (!call.command->takes_any_settings && !found.loaded.errors.empty()) {
    for (const auto& error : found.loaded.errors) complain(error, ctl::kWrongUsage);
    return ctl::kWrongUsage;
  }
  base::set_log_level(call.arguments.has("verbose") ? base::LogLevel::info : base::LogLevel::warning);
  ctl::Desk desk(found, call.arguments);
  return call.command->run(desk, call.arguments);
}

int run(int argc, char** argv) {
  const auto options = parse_options(argc, argv);
  if (options.action == 'V') {
    base::print(std::string("sessionctl ").append(base::kVersion) += '\n');
    return ctl::kDone;
  }
  if (options.action == 'h' || asks_for_subject(options.words)) {
    base::print(ctl::make_help(options.words.empty() ? std::string_view() : options.words[0]));
    return ctl::kDone;
  }
  const auto call = ctl::parse_call(options.words);
  if (call.arguments.has("help")) {
    base::print(ctl::make_help(*call.command));
    return ctl::kDone;
  }
  return run_command(call, options.file);
}

/// A failure of the database as the operator can do something about it. One of the connection has no state.
std::string describe(const pg::Error& failure) {
  const auto& state = failure.sqlstate();
  if (state == "42P01" || state == "42703")
    return std::string("the tables are older than this program; run scripts/migrate (") + failure.what() +
           ")";
  if (state == "42501")
    return std::string("the role of the service lacks a right; run scripts/migrate, which grants it (") +
           failure.what() + ")";
  return failure.what() + std::string(state.empty() ? "; see: sessionctl check" : "");
}

}  // namespace

int main(int argc, char** argv) {
  if (!server::fill_standard_descriptors()) return ctl::kUnavailable;
  server::protect_memory();
  try {
    server::use_own_home();
    pg::forget_variables();
    return run(argc, argv);
  } catch (const ctl::WrongUsage& mistake) {
    return complain(mistake.what(), ctl::kWrongUsage);
  } catch (const ctl::Refusal& refusal) {
    return complain(refusal.what(), ctl::kRefused);
  } catch (const pg::Error& failure) {
    return complain(describe(failure), ctl::kUnavailable);
  } catch (const std::exception& failure) {
    return complain(failure.what(), ctl::kUnavailable);
  }
}
