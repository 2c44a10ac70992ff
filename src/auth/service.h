// The objects that handlers use. A worker makes them once and keeps them.
#pragma once

#include <string>
#include <string_view>

#include "auth/blocklist.h"
#include "base/config.h"
#include "base/scoreboard.h"
#include "crypto/password.h"
#include "pg/connection.h"
#include "store/devices.h"
#include "store/events.h"
#include "store/revocations.h"
#include "store/rotations.h"
#include "store/schema.h"
#include "store/sessions.h"
#include "store/throttle.h"
#include "store/tickets.h"
#include "store/users.h"

namespace auth {

struct Service {
  const base::Settings& settings;
  pg::Connection& connection;
  store::Schema schema;
  store::Users users;
  store::Sessions sessions;
  store::Rotations rotations;
  store::Revocations revocations;
  store::Throttle throttle;
  store::Devices devices;
  store::Tickets tickets;
  store::Events events;
  crypto::PasswordHasher passwords;
  const Blocklist& blocklist;
  const base::Scoreboard& scoreboard;

  /// All four must outlive the service.
  Service(const base::Settings& service_settings, pg::Connection& database, const Blocklist& common_passwords,
          const base::Scoreboard& board);

  /// These call the methods of PasswordHasher, then restart_deadline(): hashing may take long when processors
  /// are busy, and that must not shorten the time for the database.
  std::string hash_password(std::string_view password);
  crypto::Verdict verify_password(std::string_view password, std::string_view phc);
  void spend_as_mismatch(std::string_view password, std::string_view phc);
  void verify_nobody(std::string_view password);

  /// Gives the database five seconds from now to answer what it will be asked.
  void restart_deadline();
};

}  // namespace auth
