// What commands work with: the settings, the database, the terminal, and who the operator is.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/config.h"
#include "base/secret.h"
#include "ctl/command.h"
#include "ctl/output.h"
#include "pg/connection.h"
#include "server/startup.h"
#include "store/ids.h"

namespace ctl {

class Desk {
 public:
  /// `found` and `arguments` must outlive the desk.
  Desk(const server::FoundSettings& found, const Arguments& arguments);

  const base::Settings& settings() const { return found_.loaded.settings; }
  /// The settings with what is wrong with them, for a command that runs even then.
  const server::FoundSettings& found() const { return found_; }
  /// The settings file that was read; empty when there is none.
  const std::string& settings_file() const { return found_.file; }

  /// The database, connected, with half a minute from now to answer. The first call makes the process run as
  /// the workers do if it is root, so whatever only root may read must have been opened before. Throws
  /// pg::Error; Refusal when the tables are not those that this program is written for.
  pg::Connection& database();

  /// Prints what a command has found, in the form that its options and standard output ask for.
  void print(Rows rows) const;
  void print(const Record& record) const;
  /// Prints one sentence on what was done, for people only: nothing with --json or --id-only.
  void say(std::string_view sentence) const;

  /// Returns when the operator agrees, by --yes or by an answer on the terminal. Throws Refusal when not, and
  /// WrongUsage where nobody can be asked.
  void confirm(const std::string& question) const;

  /// Logs an event of the service, with the operator as `actor`: to the system's log, as other programs of
  /// administrators do, and with --verbose to standard error as well.
  void log(std::string_view event, std::optional<store::UserId> user, std::string_view detail = {}) const;

  /// `operator:` and the user of the system who runs the command; under sudo, who called it.
  const std::string& actor() const { return actor_; }

 private:
  Form form() const;

  const server::FoundSettings& found_;
  const Arguments& arguments_;
  pg::Connection connection_;
  std::string actor_;
};

}  // namespace ctl
