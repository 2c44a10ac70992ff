// The cost of password hashes: whether it is enough, and whether this machine has the memory.
#include <string>

#include "ctl/check/inspection.h"
#include "ctl/machine.h"

namespace ctl::checks {
namespace {

std::string make_mib(std::int64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

}  // namespace

void look_at_hashing(Inspection& inspection) {
  const auto& settings = inspection.settings();
  if (!settings.argon2_allow_weak) return;
  const bool is_weak = !base::is_strong(settings.argon2_memory_kib, settings.argon2_time);
  const std::string cost = "ARGON2_MEMORY_KIB=" + std::to_string(settings.argon2_memory_kib) +
                           " and ARGON2_TIME=" + std::to_string(settings.argon2_time);
  if (is_weak)
    inspection.fail(cost + " are below the OWASP minimum",
                    "whoever steals the database finds passwords by trying, faster than need be",
                    "remove ARGON2_ALLOW_WEAK, and set what this prints: sessionctl calibrate");
  else
    inspection.warn("ARGON2_ALLOW_WEAK is on, which is for tests",
                    "nothing refuses hashes that are too cheap", "remove ARGON2_ALLOW_WEAK");
}

void look_at_memory(Inspection& inspection) {
  const auto& settings = inspection.settings();
  const auto memory = find_memory(inspection.master);
  if (memory.bytes == 0)
    return inspection.leave_open("this machine does not say how much memory it has", "mount /proc");
  const std::int64_t hashing = settings.password_workers * settings.argon2_memory_kib * 1024;
  const std::string what = "PASSWORD_WORKERS x ARGON2_MEMORY_KIB is " + make_mib(hashing) + ", and " +
                           memory.source + " is " + make_mib(memory.bytes);
  const std::string cure =
      "set what this prints: sessionctl calibrate --memory " + std::to_string(memory.bytes / 4 >> 20) + "M";
  if (hashing > memory.bytes)
    inspection.fail(what, "many logins at once end the workers, or the whole service", cure);
  else if (hashing > memory.bytes / 2)
    inspection.warn(what, "many logins at once leave little memory for all else", cure);
}

}  // namespace ctl::checks
