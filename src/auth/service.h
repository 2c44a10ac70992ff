// The parts that handlers work with, made once and kept for the life of a worker.
#pragma once

#include <string>
#include <string_view>

#include "auth/blocklist.h"
#include "base/config.h"
#include "crypto/password.h"
#include "pg/connection.h"
#include "store/devices.h"
#include "store/revocations.h"
#include "store/rotations.h"
#include "store/schema.h"
#include "store/sessions.h"
#include "store/throttle.h"
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
  crypto::PasswordHasher passwords;
  const Blocklist& blocklist;

  /// All three must outlive the service.
  Service(const base::Settings& service_settings, pg::Connection& database,
          const Blocklist& common_passwords);

  /// As the hasher's. Afterwards the database gets its time anew, because a hash may have waited long for a
  /// processor.
  std::string hash_password(std::string_view password);
  crypto::Verdict verify_password(std::string_view password, std::string_view phc);
  void verify_nobody(std::string_view password);

  /// From now on, what is asked of the database must be answered within five seconds.
  void restart_deadline();
};

}  // namespace auth
