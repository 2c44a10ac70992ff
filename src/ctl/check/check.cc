// The command `check`: the table of checks, and the order in which they look.
#include <array>
#include <exception>
#include <string>

#include "base/text.h"
#include "ctl/check/inspection.h"
#include "ctl/verbs.h"
#include "server/privileges.h"

namespace ctl {
namespace {

struct Check {
  std::string_view name;
  Stage stage;
  void (*look)(Inspection& inspection);
};

/// The stages stand in their order, as what root gives up does not come back.
constexpr std::array kChecks{
    Check{"settings", Stage::caller, checks::look_at_settings},
    Check{"blocklist", Stage::caller, checks::look_at_blocklist},
    Check{"sockets", Stage::caller, checks::look_at_sockets},
    Check{"cookies", Stage::caller, checks::look_at_cookies},
    Check{"origins", Stage::caller, checks::look_at_origins},
    Check{"guessing", Stage::caller, checks::look_at_guessing},
    Check{"passwords", Stage::caller, checks::look_at_passwords},
    Check{"grace", Stage::caller, checks::look_at_grace},
    Check{"registration", Stage::caller, checks::look_at_registration},
    Check{"hashing", Stage::caller, checks::look_at_hashing},
    Check{"memory", Stage::caller, checks::look_at_memory},
    Check{"certificates", Stage::service, checks::look_at_certificates},
    Check{"database", Stage::service, checks::look_at_database},
    Check{"encryption", Stage::database, checks::look_at_encryption},
    Check{"server", Stage::database, checks::look_at_server},
    Check{"schema", Stage::database, checks::look_at_schema},
    Check{"rights", Stage::database, checks::look_at_rights},
    Check{"clock", Stage::database, checks::look_at_clock},
    Check{"connections", Stage::database, checks::look_at_connections},
    Check{"standby", Stage::database, checks::look_at_standby},
};

/// Why the check cannot be done; empty when it can.
std::string find_obstacle(const Inspection& inspection, const Check& check, const std::string& no_user) {
  if (!inspection.found().loaded.errors.empty() && check.look != checks::look_at_settings)
    return "the settings are wrong";
  if (check.stage != Stage::caller && !no_user.empty()) return no_user;
  if (check.stage == Stage::database && !inspection.probe) return "there is no connection to the database";
  return {};
}

void look(Inspection& inspection, const Check& check) {
  try {
    check.look(inspection);
  } catch (const std::exception& failure) {
    inspection.leave_open(std::string("this failed: ") + failure.what(), {});
  }
}

/// Has the process run as the workers do if it is root. Returns why it cannot.
std::string become_service(const base::Settings& settings) {
  try {
    server::drop_privileges(server::find_identities(settings));
    return {};
  } catch (const std::exception& failure) {
    return failure.what();
  }
}

void look_at_all(Inspection& inspection) {
  bool is_service = !inspection.found().loaded.errors.empty();  // then nothing is looked at as the service
  std::string no_user;
  for (const auto& check : kChecks) {
    if (check.stage != Stage::caller && !is_service) {
      no_user = become_service(inspection.settings());
      is_service = true;
    }
    inspection.check = check.name;
    const auto obstacle = find_obstacle(inspection, check, no_user);
    if (obstacle.empty())
      look(inspection, check);
    else
      inspection.leave_open("not looked at: " + obstacle, "mend that first");
  }
}

std::int64_t parse_hosts(const Arguments& arguments) {
  const auto text = arguments.value("hosts").value_or("1");
  const auto number = base::parse_number(text);
  if (!number || *number < 1 || *number > 10000)
    throw WrongUsage("check: --hosts must be a number from 1 to 10000, not " + quote(text));
  return *number;
}

}  // namespace

void Inspection::note(base::Severity severity, std::string what, std::string meaning, std::string cure) {
  findings.push_back({check, severity, std::move(what), std::move(meaning), std::move(cure)});
}

void Inspection::warn(std::string what, std::string meaning, std::string cure) {
  note(base::Severity::warning, std::move(what), std::move(meaning), std::move(cure));
}

void Inspection::fail(std::string what, std::string meaning, std::string cure) {
  note(base::Severity::error, std::move(what), std::move(meaning), std::move(cure));
}

void Inspection::leave_open(std::string what, std::string cure) {
  note(base::Severity::unknown, std::move(what), "whether it is in order is not known", std::move(cure));
}

int check_service(Desk& desk, const Arguments& arguments) {
  Inspection inspection(desk.found(), parse_hosts(arguments));
  look_at_all(inspection);
  if (inspection.findings.empty() && !arguments.has("json"))
    desk.say(std::to_string(kChecks.size()) + " checks found nothing");
  else
    desk.print(make_rows(inspection.findings));
  return base::exit_status_of(inspection.findings);
}

}  // namespace ctl
