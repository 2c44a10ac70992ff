#include "base/config.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/email.h"
#include "base/network.h"
#include "base/pools.h"
#include "base/reach.h"
#include "base/setting_source.h"
#include "base/text.h"
#include "base/uri.h"
#include "base/utf8.h"

namespace base {
namespace {

constexpr std::int64_t kYear = 366LL * 24 * 3600;

bool accepts_anything(std::string_view) {
  return true;
}

bool accepts_path(std::string_view value) {
  return !value.empty();
}

bool accepts_name(std::string_view value) {
  return !value.empty() && value.size() <= 63 && value.find_first_of("\n\r\t") == std::string_view::npos;
}

bool accepts_cookie_prefix(std::string_view value) {
  return std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

bool accepts_host_or_nothing(std::string_view value) {
  return value.empty() || is_host(value);
}

/// `scheme://host[:port]` in the form in which browsers send it (RFC 6454): in lower case, without a path.
bool is_origin(std::string_view text) {
  for (const std::string_view scheme : {"http://", "https://"})
    if (text.starts_with(scheme)) return is_authority(text.substr(scheme.size()));
  return false;
}

bool accepts_origin_or_nothing(std::string_view value) {
  return value.empty() || is_origin(value);
}

bool accepts_command_or_nothing(std::string_view value) {
  return value.empty() || (value.starts_with('/') && !has_control_character(value));
}

bool accepts_email_or_nothing(std::string_view value) {
  return value.empty() || is_email(value);
}

constexpr std::string_view kUnixSockets = "unix:";

bool is_proxy(std::string_view value) {
  return value == kUnixSockets || is_network(value);
}

constexpr std::int64_t kLeastPreloadAge = 31536000;  ///< Seconds: a year.

/// `off`, or the value of Strict-Transport-Security in one fixed form (RFC 6797 section 6.1). `preload` asks
/// the makers of browsers to build the host in, which they do for a year with all subdomains only
/// (https://hstspreload.org/).
bool accepts_hsts(std::string_view value) {
  constexpr std::string_view kAge = "max-age=";
  if (value == "off") return true;
  constexpr std::string_view kSubdomains = "; includeSubDomains";
  constexpr std::string_view kPreload = "; preload";
  const bool preload = value.ends_with(kPreload);
  if (preload) value.remove_suffix(kPreload.size());
  const bool subdomains = value.ends_with(kSubdomains);
  if (subdomains) value.remove_suffix(kSubdomains.size());
  if (!value.starts_with(kAge)) return false;
  const auto age = parse_number(value.substr(kAge.size()));
  return age && (!preload || (subdomains && *age >= kLeastPreloadAge));
}

constexpr std::array kTable{
    Setting{"LISTEN", "127.0.0.1,::1",
            ListKind{&Settings::listen,
                     "a comma-separated list of addresses such as 127.0.0.1, or 0.0.0.0 and :: for all",
                     is_address}},
    Setting{"PORT", "8080", NumberKind{&Settings::port, 1, 65535}},
    Setting{"RUN_DIR", ".run", TextKind{&Settings::run_dir, "a directory", accepts_path}},
    Setting{"SOCKET_DIR", "", TextKind{&Settings::socket_dir, "a directory, or empty", accepts_anything}},
    Setting{"DATABASE_URL", "", SecretKind{&Settings::database_url}},
    Setting{"DB_HOST", "/run/postgresql",
            TextKind{&Settings::db_host, "a host or a socket directory", accepts_path}},
    Setting{"DB_PORT", "5432", NumberKind{&Settings::db_port, 1, 65535}},
    Setting{"DB_NAME", "sessiond",
            TextKind{&Settings::db_name, "a name of 1 to 63 characters", accepts_name}},
    Setting{"DB_USER", "sessiond",
            TextKind{&Settings::db_user, "a name of 1 to 63 characters", accepts_name}},
    Setting{"DB_PASSWORD", "", SecretKind{&Settings::db_password}},
    Setting{"CHECK_DATABASE_URL", "", SecretKind{&Settings::check_database_url}},
    Setting{"POSTGRES_PASSWORD", "", SecretKind{&Settings::postgres_password, true}},
    Setting{"CHECK_WORKERS", "0", NumberKind{&Settings::check_workers, 0, 256}},
    Setting{"WRITE_WORKERS", "0", NumberKind{&Settings::write_workers, 0, 256}},
    Setting{"PASSWORD_WORKERS", "0", NumberKind{&Settings::password_workers, 0, 256}},
    Setting{"ACCESS_TTL", "900", NumberKind{&Settings::access_ttl, 1, kYear}},
    Setting{"REFRESH_TTL", "604800", NumberKind{&Settings::refresh_ttl, 1, kYear}},
    Setting{"SESSION_TTL", "7776000", NumberKind{&Settings::session_ttl, 0, 10 * kYear}},
    Setting{"REFRESH_GRACE", "10", NumberKind{&Settings::refresh_grace, 0, 3600}},
    Setting{"MAX_SESSIONS_PER_USER", "50", NumberKind{&Settings::max_sessions_per_user, 0, 1000000}},
    Setting{"ARGON2_MEMORY_KIB", "19456", NumberKind{&Settings::argon2_memory_kib, 8, 4194304}},
    Setting{"ARGON2_TIME", "2", NumberKind{&Settings::argon2_time, 1, 1000}},
    Setting{"ARGON2_PARALLELISM", "1", NumberKind{&Settings::argon2_parallelism, 1, 64}},
    Setting{"ARGON2_ALLOW_WEAK", "off", SwitchKind{&Settings::argon2_allow_weak}},
    Setting{"PASSWORD_MIN_LENGTH", "8", NumberKind{&Settings::password_min_length, 1, 256}},
    Setting{"PASSWORD_BLOCKLIST", "builtin",
            TextKind{&Settings::password_blocklist, "builtin, off or the path of a list", accepts_path}},
    Setting{"CORS_ORIGINS", "http://localhost:3000",
            ListKind{&Settings::cors_origins,
                     "a comma-separated list of origins such as https://app.example.org, "
                     "in small letters, without a path (an IPv6 address needs a name)",
                     is_origin}},
    Setting{"PUBLIC_URL", "",
            TextKind{&Settings::public_url,
                     "an origin such as https://auth.example.org, in small letters, without a path, or empty "
                     "(an IPv6 address needs a name)",
                     accepts_origin_or_nothing}},
    Setting{"REDIRECT_HOSTS", "",
            ListKind{&Settings::redirect_hosts,
                     "a comma-separated list of hosts such as "
                     "app.example.org, app.example.org:8443 or .example.org, in small letters "
                     "(an IPv6 address needs a name)",
                     is_authority}},
    Setting{"SERVED_HOSTS", "",
            ListKind{&Settings::served_hosts,
                     "a comma-separated list of hosts such as auth.example.org or .example.org, "
                     "in small letters, without a port (an IPv6 address needs a name)",
                     is_host}},
    Setting{"TRUSTED_PROXIES", "",
            ListKind{&Settings::trusted_proxies,
                     "a comma-separated list of addresses and networks such as 192.0.2.7, 10.20.0.0/16 or "
                     "2001:db8::/32, without names and ports; or unix: for unix sockets",
                     is_proxy}},
    Setting{"STATUS_FROM", "",
            ListKind{&Settings::status_from,
                     "a comma-separated list of addresses and networks such as 192.0.2.7, 10.20.0.0/16 or "
                     "2001:db8::/32, without names and ports",
                     is_network}},
    Setting{"HSTS", "max-age=31536000",
            TextKind{&Settings::hsts,
                     "off, or max-age=SECONDS, with or without ; includeSubDomains after it; and after that "
                     "; preload, with 31536000 seconds or more",
                     accepts_hsts}},
    Setting{
        "GUARD_GROUPS", "",
        ListKind{&Settings::guard_groups,
                 "a comma-separated list of groups: letters, digits and . _ @ + -, such as staff", is_group}},
    Setting{"REGISTRATION", "open", RegistrationKind{}},
    Setting{"COOKIE_SECURE", "auto", CookieSecureKind{}},
    Setting{"COOKIE_PREFIX", "",
            TextKind{&Settings::cookie_prefix, "letters, digits, _ and -, such as __Host-",
                     accepts_cookie_prefix}},
    Setting{"COOKIE_DOMAIN", "",
            TextKind{&Settings::cookie_domain, "a host name in small letters, or empty",
                     accepts_host_or_nothing}},
    Setting{"LOGIN_RATE", "5", NumberKind{&Settings::login_rate, 0, 100000}},
    Setting{"ADDRESS_CONNECTIONS", "1000", NumberKind{&Settings::address_connections, 0, 65535}},
    Setting{"ACCOUNT_FREE_FAILURES", "5", NumberKind{&Settings::account_free_failures, 0, 100}},
    Setting{"ADDRESS_FREE_FAILURES", "20", NumberKind{&Settings::address_free_failures, 0, 100000}},
    Setting{"REAUTH_TTL", "0", NumberKind{&Settings::reauth_ttl, 0, kYear}},
    Setting{"RESET_LINK_TTL", "3600", NumberKind{&Settings::reset_link_ttl, 60, 30LL * 86400}},
    Setting{"EVENTS_KEEP", "90", NumberKind{&Settings::events_keep, 0, 3660}},
    Setting{"MAIL_COMMAND", "",
            TextKind{&Settings::mail_command,
                     "the absolute path of a program and its arguments with spaces between them, such as "
                     "/usr/sbin/sendmail -t, or empty",
                     accepts_command_or_nothing}},
    Setting{"MAIL_FROM", "",
            TextKind{&Settings::mail_from, "an address for mail such as login@example.org, or empty",
                     accepts_email_or_nothing}},
    Setting{"CLEANUP_INTERVAL", "300", NumberKind{&Settings::cleanup_interval, 0, 86400}},
    Setting{"REQUEST_TIMEOUT", "15", NumberKind{&Settings::request_timeout, 10, 3600}},
    Setting{"LOG_LEVEL", "info", LogLevelKind{}},
    Setting{"WORKER_USER", "sessiond", TextKind{&Settings::worker_user, "the name of a user", accepts_name}},
    Setting{"NGINX_USER", "www-data", TextKind{&Settings::nginx_user, "the name of a user", accepts_name}},
};

template <class T>
struct Choice {
  std::string_view word;
  T value;
};

constexpr std::array kRegistrationChoices{Choice<Registration>{"open", Registration::open},
                                          Choice<Registration>{"invite", Registration::invite},
                                          Choice<Registration>{"closed", Registration::closed}};
constexpr std::array kCookieSecureChoices{Choice<CookieSecure>{"auto", CookieSecure::automatic},
                                          Choice<CookieSecure>{"on", CookieSecure::on},
                                          Choice<CookieSecure>{"off", CookieSecure::off}};
constexpr std::array kLogLevelChoices{
    Choice<LogLevel>{"debug", LogLevel::debug}, Choice<LogLevel>{"info", LogLevel::info},
    Choice<LogLevel>{"warning", LogLevel::warning}, Choice<LogLevel>{"error", LogLevel::error}};
constexpr std::array kSwitchChoices{Choice<bool>{"on", true}, Choice<bool>{"off", false}};

/// Stores the value of one setting. Returns an empty text, or the allowed values when this one is not
/// allowed.
class Reader {
 public:
  Reader(Settings& settings, std::string_view value) : settings_(settings), value_(value) {}

  std::string operator()(const NumberKind& kind) const {
    const auto number = parse_number(value_);
    if (!number || *number < kind.least || *number > kind.most)
      return "a whole number from " + std::to_string(kind.least) + " to " + std::to_string(kind.most);
    settings_.*kind.member = *number;
    return {};
  }
  std::string operator()(const TextKind& kind) const {
    if (!kind.accepts(value_)) return std::string(kind.allowed);
    settings_.*kind.member = value_;
    return {};
  }
  std::string operator()(const SecretKind& kind) const {
    (settings_.*kind.member).assign(value_);
    return {};
  }
  std::string operator()(const SwitchKind& kind) const {
    return choose(kSwitchChoices, settings_.*kind.member);
  }
  std::string operator()(const RegistrationKind&) const {
    return choose(kRegistrationChoices, settings_.registration);
  }
  std::string operator()(const CookieSecureKind&) const {
    return choose(kCookieSecureChoices, settings_.cookie_secure);
  }
  std::string operator()(const LogLevelKind&) const { return choose(kLogLevelChoices, settings_.log_level); }
  std::string operator()(const ListKind& kind) const {
    const auto items = split(value_, ',');
    if (items.empty() && !value_.empty()) return std::string(kind.allowed);  // nothing but commas
    for (const auto item : items) {
      if (!kind.accepts(item)) return std::string(kind.allowed);
      (settings_.*kind.member).emplace_back(item);
    }
    return {};
  }

 private:
  template <class Choices, class T>
  std::string choose(const Choices& choices, T& target) const {
    std::string allowed = "one of";
    for (const auto& choice : choices) {
      if (value_ == choice.word) {
        target = choice.value;
        return {};
      }
      allowed.append(" ").append(choice.word);
    }
    return allowed;
  }

  Settings& settings_;
  std::string_view value_;
};

/// The value of one setting as text, in the form that Reader accepts.
class Writer {
 public:
  explicit Writer(const Settings& settings) : settings_(settings) {}

  Secret operator()(const NumberKind& kind) const { return Secret(std::to_string(settings_.*kind.member)); }
  Secret operator()(const TextKind& kind) const { return Secret(std::string_view(settings_.*kind.member)); }
  Secret operator()(const SecretKind& kind) const { return settings_.*kind.member; }
  Secret operator()(const SwitchKind& kind) const { return word_of(kSwitchChoices, settings_.*kind.member); }
  Secret operator()(const RegistrationKind&) const {
    return word_of(kRegistrationChoices, settings_.registration);
  }
  Secret operator()(const CookieSecureKind&) const {
    return word_of(kCookieSecureChoices, settings_.cookie_secure);
  }
  Secret operator()(const LogLevelKind&) const { return word_of(kLogLevelChoices, settings_.log_level); }
  Secret operator()(const ListKind& kind) const {
    std::string text;
    for (const auto& item : settings_.*kind.member) text.append(text.empty() ? "" : ",").append(item);
    return Secret(std::move(text));
  }

 private:
  template <class Choices, class T>
  static Secret word_of(const Choices& choices, T value) {
    const auto choice =
        std::find_if(choices.begin(), choices.end(), [&](const auto& c) { return c.value == value; });
    return Secret(choice->word);
  }

  const Settings& settings_;
};

/// Fills in the defaults that depend on the machine or on another setting.
void complete(Settings& settings, unsigned cores) {
  const double machine = std::max(1u, cores);
  if (settings.cookie_domain.starts_with('.')) settings.cookie_domain.erase(0, 1);  // browsers ignore the dot
  if (settings.socket_dir.empty()) settings.socket_dir = settings.run_dir + "/sockets";
  settings.stated_origin = without_default_port(settings.public_url);
  if (settings.public_url.empty()) settings.public_url = "http://localhost:" + std::to_string(settings.port);
  settings.public_url = without_default_port(settings.public_url);
  for (auto& origin : settings.cors_origins) origin = without_default_port(origin);
  for (const PoolRow& pool : kPools)
    if (auto& workers = settings.*pool.workers; workers == 0)
      workers = std::max(pool.fewest_workers,
                         static_cast<std::int64_t>(std::ceil(pool.workers_per_core * machine)));
}

/// `host` without dots at its ends: example.org. is example.org (RFC 1034 section 3.1).
std::string_view trim_dots(std::string_view host) {
  while (host.starts_with('.')) host.remove_prefix(1);
  while (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

bool is_number_or_nothing(std::string_view domain) {
  return domain.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_top_level(std::string_view domain) {
  return domain.find('.') == std::string_view::npos;
}

/// The error of a COOKIE_DOMAIN with which browsers would keep no cookie, or with which some host would not
/// get them; empty when there is none.
std::string find_domain_conflict(const Settings& s) {
  const std::string setting = "COOKIE_DOMAIN=" + s.cookie_domain;
  if (s.cookie_domain.empty()) return {};
  if (is_number_or_nothing(s.cookie_domain))
    return setting +
           " is an address, and cookies of an address reach that host alone; leave COOKIE_DOMAIN empty";
  if (is_top_level(trim_dots(s.cookie_domain)))
    return setting +
           " has no dot, and browsers keep no cookie for a top-level domain; "
           "leave COOKIE_DOMAIN empty, or set it to a domain such as example.org";
  if (!covers(s.cookie_domain, host_of(s.public_url)))
    return setting + " does not cover the host of PUBLIC_URL=" + s.public_url +
           ", so browsers would keep no cookie of the login; set PUBLIC_URL to its address in that domain, "
           "such as https://auth." +
           s.cookie_domain;
  const auto stray = std::ranges::find_if_not(
      s.redirect_hosts, [&](const auto& host) { return covers(s.cookie_domain, host_of(host)); });
  if (stray != s.redirect_hosts.end())
    return "REDIRECT_HOSTS has " + *stray + ", which the cookies of " + setting +
           " do not reach, so nobody would be signed in there; "
           "remove it, or set COOKIE_DOMAIN to a domain that covers it";
  return {};
}

/// The entries of one list that begin with a dot.
void add_wide_entries(std::vector<WideDomain>& found, std::string_view setting,
                      const std::vector<std::string>& entries) {
  for (const auto& entry : entries)
    if (entry.starts_with('.'))
      found.push_back({"the entry " + entry + " of " + std::string(setting), trim_dots(host_of(entry)),
                       "name each host"});
}

std::vector<WideDomain> wide_entries(const Settings& s) {
  std::vector<WideDomain> found;
  add_wide_entries(found, "REDIRECT_HOSTS", s.redirect_hosts);
  add_wide_entries(found, "SERVED_HOSTS", s.served_hosts);
  return found;
}

/// The error of an entry that by its form stands for hosts of strangers; empty when there is none. Nobody
/// else has a host below localhost.
std::string find_wide_conflict(const WideDomain& entry) {
  if (is_number_or_nothing(entry.domain))
    return entry.where + " stands for no domain; take one of your own such as .example.org, or " +
           std::string(entry.other);
  if (is_top_level(entry.domain) && !is_loopback(entry.domain))
    return entry.where +
           " stands for a top-level domain, below which strangers have hosts; "
           "take a domain of your own below " +
           std::string(entry.domain) + ", or " + std::string(entry.other);
  return {};
}

/// The errors of the entries of a list that let in strangers, or that nginx would read in another way than
/// they are written.
void add_network_errors(std::string_view name, const std::vector<std::string>& entries,
                        std::vector<std::string>& errors) {
  for (const auto& entry : entries)
    if (const auto fault = find_network_fault(entry); !fault.empty())
      errors.emplace_back(name).append(" has ").append(entry).append(", ").append(fault);
}

/// Checks the rules between settings, and returns one sentence for each rule that is broken.
std::vector<std::string> conflicts(const Settings& s) {
  std::vector<std::string> errors;
  const auto demand = [&](bool holds, std::string_view sentence) {
    if (!holds) errors.emplace_back(sentence);
  };
  demand(s.argon2_allow_weak || s.argon2_memory_kib >= kLeastArgon2Kib,
         "ARGON2_MEMORY_KIB is below 19456, the OWASP minimum; "
         "raise it, or set ARGON2_ALLOW_WEAK=on (for tests)");
  demand(s.argon2_allow_weak || s.argon2_time >= 2 || is_strong(s.argon2_memory_kib, s.argon2_time),
         "ARGON2_TIME is below 2, the OWASP minimum at this memory; "
         "raise it, or set ARGON2_ALLOW_WEAK=on (for tests)");
  demand(s.argon2_memory_kib >= 8 * s.argon2_parallelism,
         "ARGON2_MEMORY_KIB must be at least eight times ARGON2_PARALLELISM (RFC 9106)");
  demand(s.refresh_ttl >= s.access_ttl, "REFRESH_TTL must not be smaller than ACCESS_TTL");
  demand(s.session_ttl == 0 || s.session_ttl >= s.refresh_ttl,
         "SESSION_TTL must be 0 (no absolute limit) or at least REFRESH_TTL");
  constexpr std::string_view kHostOnly = "__Host-";  // browsers ignore the case
  demand(!equals_ignoring_case(s.cookie_prefix.substr(0, kHostOnly.size()), kHostOnly) ||
             s.cookie_domain.empty(),
         "COOKIE_DOMAIN must be empty with COOKIE_PREFIX=__Host-, in capital or small letters (RFC 6265bis)");
  demand(!s.cookie_prefix.starts_with("__") || s.cookie_secure == CookieSecure::on,
         "COOKIE_SECURE must be on with a COOKIE_PREFIX of __Host- or __Secure- (RFC 6265bis)");
  demand(s.cookie_secure != CookieSecure::on || s.public_url.starts_with("https://") ||
             is_loopback(host_of(s.public_url)),
         "COOKIE_SECURE is on, but PUBLIC_URL is no https address, "
         "and browsers keep such cookies over https only; "
         "set PUBLIC_URL to the https address of the login, or COOKIE_SECURE=auto");
  if (auto error = find_domain_conflict(s); !error.empty()) errors.push_back(std::move(error));
  for (const auto& entry : wide_entries(s))
    if (auto error = find_wide_conflict(entry); !error.empty()) errors.push_back(std::move(error));
  add_network_errors("TRUSTED_PROXIES", s.trusted_proxies, errors);
  add_network_errors("STATUS_FROM", s.status_from, errors);
  return errors;
}

}  // namespace

std::span<const Setting> settings_table() {
  return kTable;
}

const Setting* find_setting(std::string_view name) {
  const auto row =
      std::find_if(kTable.begin(), kTable.end(), [&](const Setting& s) { return s.name == name; });
  return row == kTable.end() ? nullptr : &*row;
}

LoadedSettings load_settings(const SettingSource& source, unsigned cores) {
  LoadedSettings loaded{{}, source.errors()};
  for (const Setting& setting : kTable) {
    const auto value = source.value(setting);
    const std::string allowed = std::visit(Reader(loaded.settings, value), setting.kind);
    if (allowed.empty()) continue;
    loaded.errors.push_back(source.where(setting) + ": " + std::string(setting.name) + "='" +
                            make_excerpt(value) + "' is not allowed; it must be " + allowed);
  }
  if (!loaded.errors.empty()) return loaded;
  complete(loaded.settings, cores);
  loaded.errors = conflicts(loaded.settings);
  return loaded;
}

Secret effective_value(const Settings& settings, const Setting& setting) {
  return std::visit(Writer(settings), setting.kind);
}

std::vector<WideDomain> wide_domains(const Settings& settings) {
  auto found = wide_entries(settings);
  if (const auto& domain = settings.cookie_domain; !domain.empty())
    found.insert(found.begin(), {"COOKIE_DOMAIN=" + domain, trim_dots(domain), "leave it empty"});
  return found;
}

bool is_listed_origin(const Settings& settings, std::string_view origin) {
  return std::find(settings.cors_origins.begin(), settings.cors_origins.end(), origin) !=
         settings.cors_origins.end();
}

}  // namespace base
