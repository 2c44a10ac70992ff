// What the checks of `sessionctl check` look at, and where they note what they find. The table of checks is
// in check.cc; each one's work is in the file of its subject.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/check/findings.h"
#include "pg/probe.h"
#include "server/startup.h"
#include "store/inspector.h"

namespace ctl {

/// As whom a check looks, and what it needs.
enum class Stage {
  caller,    ///< Whoever calls the program: for what only root may see.
  service,   ///< WORKER_USER, if root calls it.
  database,  ///< The same, with a connection.
};

class Inspection {
 public:
  /// `hosts` is how many hosts with as many workers use the database.
  Inspection(const server::FoundSettings& found, std::int64_t hosts) : found_(found), hosts_(hosts) {}

  const server::FoundSettings& found() const { return found_; }
  const base::Settings& settings() const { return found_.loaded.settings; }
  std::int64_t hosts() const { return hosts_; }

  /// Note what the check that is running has found.
  void note(base::Severity severity, std::string what, std::string meaning, std::string cure);
  void warn(std::string what, std::string meaning, std::string cure);
  void fail(std::string what, std::string meaning, std::string cure);
  void leave_open(std::string what, std::string cure);

  /// The process that made the sockets of the service; 0 as long as none has been found.
  pid_t master = 0;
  /// The connection, and what the database says of itself; null as long as there is none.
  std::unique_ptr<pg::Probe> probe;
  store::DatabaseFacts facts;

  std::string_view check;  ///< The name of the check that is running.
  std::vector<Finding> findings;

 private:
  const server::FoundSettings& found_;
  std::int64_t hosts_;
};

namespace checks {

// settings.cc
void look_at_settings(Inspection& inspection);
void look_at_blocklist(Inspection& inspection);
void look_at_cookies(Inspection& inspection);
void look_at_registration(Inspection& inspection);
// limits.cc
void look_at_guessing(Inspection& inspection);
void look_at_passwords(Inspection& inspection);
void look_at_grace(Inspection& inspection);
void look_at_origins(Inspection& inspection);
// sockets.cc
void look_at_sockets(Inspection& inspection);
// hashing.cc
void look_at_hashing(Inspection& inspection);
void look_at_memory(Inspection& inspection);
// database.cc
void look_at_certificates(Inspection& inspection);
void look_at_database(Inspection& inspection);
void look_at_encryption(Inspection& inspection);
void look_at_server(Inspection& inspection);
void look_at_schema(Inspection& inspection);
void look_at_rights(Inspection& inspection);
void look_at_clock(Inspection& inspection);
void look_at_connections(Inspection& inspection);
// standby.cc
void look_at_standby(Inspection& inspection);

}  // namespace checks
}  // namespace ctl
