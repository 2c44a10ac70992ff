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

/// With the words of all versions of libpq, so that nothing is refused that some version takes; but for a
/// server that only reads, which is none for this service.
constexpr std::array kWordOptions{
    WordOption{"sslmode", "disable, allow, prefer, require, verify-ca, verify-full"},
    WordOption{"target_session_attrs", "any, read-write, primary, prefer-standby"},
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

/// A number as libpq reads it: with spaces around it and zeros before it. Nothing for anything else.
std::optional<std::int64_t> read_number(std::string_view text) {
  text = base::trim(text);
  while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
  return base::parse_number(text);
}

bool is_whole_number(std::string_view value) {
  value = base::trim(value);
  if (value.starts_with('-')) value.remove_prefix(1);
  return read_number(value).value_or(INT64_MAX) <= INT32_MAX;
}

bool is_port(std::string_view value) {
  const auto number = read_number(value).value_or(0);
  return number >= 1 && number <= 65535;
}

/// As libpq reads an address, without asking the system for a name.
bool is_address(const std::string& value) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* list = nullptr;
  if (::getaddrinfo(value.c_str(), nullptr, &hints, &list) != 0) return false;
  ::freeaddrinfo(list);
  return true;
}

/// What counts of each option, and where it was said.
class Effective {
 public:
  explicit Effective(const base::Settings& settings)
      : given_(parse_conninfo(settings.database_url)), defaults_(find_defaults(given_)) {}

  std::string_view value(std::string_view keyword) const { return value_of(given_, defaults_, keyword); }
  std::string fault(std::string_view keyword, std::string_view right) const {
    const bool is_given = !value_of(given_, keyword).empty();
    return std::string(is_given ? "DATABASE_URL"
                                : "what a service file or the environment says of the database")
        .append(" is not allowed: ")
        .append(keyword)
        .append(" must be ")
        .append(right)
        .append(" (its text is not shown)");
  }

 private:
  Options given_;
  Options defaults_;
};

std::string find_value_fault(const Effective& effective) {
  for (const auto& option : kWordOptions)
    if (const auto value = effective.value(option.keyword); !value.empty() && !takes(option, value))
      return effective.fault(option.keyword, std::string("one of ").append(option.words));
  for (const auto keyword : kNumberOptions)
    if (const auto value = effective.value(keyword); !value.empty() && !is_whole_number(value))
      return effective.fault(keyword, "a whole number");
  return {};
}

/// The fault of what says where the servers are. DB_HOST and DB_PORT are checked with the other settings.
std::string find_host_fault(const Effective& effective) {
  const auto names = effective.value("host");
  const auto addresses = effective.value("hostaddr");
  const auto ports = effective.value("port");
  if (!hosts_fit(names, addresses, ports))
    return "DATABASE_URL is not allowed: with what a service file and the environment add, it must have as "
           "many values for hostaddr as for host, and one port, or one for each host (its text is not shown)";
  for (const auto& host : list_hosts(names, addresses, ports)) {
    if (host.name.find('@') != std::string::npos)
      return effective.fault("host",
                             "a name without @; in the user and the password of a URI write %40 for it");
    if (!host.port.empty() && !is_port(host.port))
      return effective.fault("port", "a whole number from 1 to 65535, or one for each host");
    if (!host.address.empty() && !is_address(host.address))
      return effective.fault("hostaddr", "a numeric address such as 192.0.2.1, or one for each host");
  }
  return {};
}

}  // namespace

std::string find_conninfo_fault(const base::Settings& settings) {
  if (!is_valid_conninfo(settings))
    return "DATABASE_URL is not allowed; it must be a libpq connection string or URI (its text is not shown)";
  const Effective effective(settings);
  auto fault = find_value_fault(effective);
  if (fault.empty() && !settings.database_url.empty()) fault = find_host_fault(effective);
  return fault;
}

}  // namespace pg
