#include "pg/conninfo_fault.h"

#include <netdb.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "base/text.h"
#include "pg/conninfo.h"
#include "pg/hosts.h"

namespace pg {
namespace {

/// An option of libpq that takes a few words only.
struct WordOption {
  std::string_view keyword;
  std::string_view words;
  bool any_case = false;
};

constexpr std::string_view kProtocols = "TLSv1, TLSv1.1, TLSv1.2, TLSv1.3";

constexpr std::string_view kSessions = "target_session_attrs";

/// With the words of all versions of libpq, so that nothing is refused that some version takes.
constexpr std::array kWordOptions{
    WordOption{"sslmode", "disable, allow, prefer, require, verify-ca, verify-full"},
    WordOption{"channel_binding", "disable, prefer, require"},
    WordOption{"gssencmode", "disable, prefer, require"},
    WordOption{"ssl_min_protocol_version", kProtocols, true},
    WordOption{"ssl_max_protocol_version", kProtocols, true},
    WordOption{"sslcertmode", "disable, allow, require"},
    WordOption{"sslnegotiation", "postgres, direct"},
    WordOption{"load_balance_hosts", "disable, random"},
};
constexpr std::array<std::string_view, 6> kNumberOptions{"connect_timeout",  "keepalives",
                                                         "keepalives_idle",  "keepalives_interval",
                                                         "keepalives_count", "tcp_user_timeout"};

bool takes(const WordOption& option, std::string_view value) {
  return std::ranges::any_of(base::split(option.words, ','), [&](auto word) {
    return option.any_case ? base::equals_ignoring_case(word, value) : word == value;
  });
}

/// A number as libpq reads it: with spaces around it, and a sign and zeros before it. Nothing for anything
/// else.
std::optional<std::int64_t> read_number(std::string_view text) {
  text = base::trim(text);
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
  const auto number = base::parse_number(text);
  return number && is_negative ? -*number : number;
}

bool is_whole_number(std::string_view value) {
  const auto number = read_number(value);
  return number && *number >= INT32_MIN && *number <= INT32_MAX;
}

bool is_port(std::string_view value) {
  const auto number = read_number(value).value_or(0);
  return number >= 1 && number <= 65535;
}

/// Whether libpq takes it for hostaddr: what the system reads without looking up a name.
bool is_hostaddr(const std::string& value) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* list = nullptr;
  if (::getaddrinfo(value.c_str(), nullptr, &hints, &list) != 0) return false;
  ::freeaddrinfo(list);
  return true;
}

constexpr std::string_view kRightHost =
    "a name without @, or a unix socket that begins with / or @; in a URI write %40 for each @ of the user, "
    "the password and the host";

/// Whether an @ stands where a URI names its hosts: then it is most likely one of the password, of which
/// libpq would take the rest for a host, and tell it.
bool has_at_in_hosts(std::string_view text) {
  if (!text.starts_with("postgres://") && !text.starts_with("postgresql://")) return false;
  text.remove_prefix(text.find("://") + 3);
  const auto end_of_user = text.find_first_of("@/");
  if (end_of_user == text.npos || text[end_of_user] == '/') return false;
  text.remove_prefix(end_of_user + 1);
  return text.substr(0, text.find_first_of("/?")).find('@') != text.npos;
}

/// A setting that is a connection string.
struct UrlSetting {
  std::string_view name;
  const base::Secret& text;
  std::string_view sessions;  ///< The words that target_session_attrs may be.
};

/// What counts of each option, and where it was said.
class Effective {
 public:
  explicit Effective(const UrlSetting& setting)
      : name_(setting.name), given_(parse_conninfo(setting.text)), defaults_(find_defaults(given_)) {}

  std::string_view value(std::string_view keyword) const { return value_of(given_, defaults_, keyword); }
  std::string fault(std::string_view keyword, std::string_view right) const {
    const bool is_given = !value_of(given_, keyword).empty();
    return std::string(is_given ? name_ : "what a service file or the environment says of the database")
        .append(" is not allowed: ")
        .append(keyword)
        .append(" must be ")
        .append(right)
        .append(" (its text is not shown)");
  }

 private:
  std::string_view name_;
  Options given_;
  Options defaults_;
};

std::string find_value_fault(const UrlSetting& setting, const Effective& effective) {
  const WordOption sessions{kSessions, setting.sessions};
  if (const auto value = effective.value(kSessions); !value.empty() && !takes(sessions, value))
    return effective.fault(kSessions, std::string("one of ").append(setting.sessions));
  for (const auto& option : kWordOptions)
    if (const auto value = effective.value(option.keyword); !value.empty() && !takes(option, value))
      return effective.fault(option.keyword, std::string("one of ").append(option.words));
  for (const auto keyword : kNumberOptions)
    if (const auto value = effective.value(keyword); !value.empty() && !is_whole_number(value))
      return effective.fault(keyword, "a whole number");
  return {};
}

/// The fault of what the setting and its service say of where the servers are. DB_HOST and DB_PORT are
/// checked with the other settings.
std::string find_host_fault(const UrlSetting& setting, const Effective& effective) {
  const auto names = effective.value("host");
  const auto addresses = effective.value("hostaddr");
  const auto ports = effective.value("port");
  if (!hosts_fit(names, addresses, ports))
    return std::string(setting.name) +
           " is not allowed: with what a service file and the environment add, it must have as many values "
           "for "
           "hostaddr as for host, and one port, or one for each host (its text is not shown)";
  const bool has_stray_at = has_at_in_hosts(setting.text.view());
  for (const auto& host : list_hosts(names, addresses, ports)) {
    if (has_stray_at || (host.name.find('@') != std::string::npos && !is_socket_name(host.name)))
      return effective.fault("host", kRightHost);
    if (!host.port.empty() && !is_port(host.port))
      return effective.fault("port", "a whole number from 1 to 65535, or one for each host");
    if (!host.address.empty() && !is_hostaddr(host.address))
      return effective.fault("hostaddr", "a numeric address such as 192.0.2.1, or one for each host");
  }
  return {};
}

std::string find_fault(const UrlSetting& setting) {
  if (!setting.text.empty() && !parse_conninfo(setting.text))
    return std::string(setting.name) +
           " is not allowed; it must be a libpq connection string or URI (its text is not shown)";
  const Effective effective(setting);
  auto fault = find_value_fault(setting, effective);
  if (fault.empty() && !setting.text.empty()) fault = find_host_fault(setting, effective);
  return fault;
}

/// The service of a connection string is passed to libpq by the environment, which has room for one.
bool names_service(const base::Secret& text) {
  const Options given = parse_conninfo(text);
  return !value_of(given, "service").empty() || !value_of(given, "servicefile").empty();
}

}  // namespace

std::string find_conninfo_fault(const base::Settings& settings) {
  auto fault =
      find_fault({"DATABASE_URL", settings.database_url, "any, read-write, primary, prefer-standby"});
  if (!fault.empty() || settings.check_database_url.empty()) return fault;
  fault = find_fault(
      {"CHECK_DATABASE_URL", settings.check_database_url, "any, read-only, standby, prefer-standby"});
  if (fault.empty() && names_service(settings.check_database_url))
    return "CHECK_DATABASE_URL is not allowed: it must say by itself where the standby is, without service "
           "(its "
           "text is not shown)";
  return fault;
}

}  // namespace pg
