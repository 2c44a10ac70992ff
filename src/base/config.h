// The settings: one struct that holds them, and one table that says for each its name, its member of the
// struct, its default and the allowed values. setting_source.h finds their texts in the environment and the
// file.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/secret.h"

namespace base {

enum class CookieSecure { automatic, on, off };
/// Who may make an account: everybody, whoever has an invitation, or nobody.
enum class Registration { open, invite, closed };
enum class LogLevel { debug, info, warning, error };

/// Every setting, checked and with its defaults filled in. Durations are seconds.
struct Settings {
  std::vector<std::string> listen;  ///< Addresses; used by the nginx configuration only.
  std::int64_t port;
  std::string run_dir;
  std::string socket_dir;  ///< Never empty after loading: RUN_DIR/sockets by default.
  Secret database_url;     ///< Empty: the DB_* settings are used.
  std::string db_host;
  std::int64_t db_port;
  std::string db_name;
  std::string db_user;
  Secret db_password;         ///< Empty: none is sent.
  Secret check_database_url;  ///< A standby for the lookups of checks. Empty: they are asked of the primary.
  Secret postgres_password;   ///< Used by scripts only; the service forgets it at its start.
  std::int64_t check_workers;
  std::int64_t write_workers;
  std::int64_t password_workers;
  std::int64_t access_ttl;
  std::int64_t refresh_ttl;
  std::int64_t session_ttl;  ///< 0: no absolute limit.
  std::int64_t refresh_grace;
  std::int64_t max_sessions_per_user;  ///< 0: no limit.
  std::int64_t argon2_memory_kib;
  std::int64_t argon2_time;
  std::int64_t argon2_parallelism;
  bool argon2_allow_weak;
  std::int64_t password_min_length;       ///< In code points.
  std::vector<std::string> cors_origins;  ///< Exact origins, `scheme://host[:port]`.
  std::string public_url;  ///< An origin. Never empty after loading: http://localhost:PORT by default.
  /// PUBLIC_URL where it was set, else empty. The default is no origin of the service: on the machine of a
  /// visitor, it is an address of anybody.
  std::string stated_origin;
  std::vector<std::string> redirect_hosts;  ///< `host[:port]`, or `.host` for all hosts below it.
  std::vector<std::string> served_hosts;    ///< `host` or `.host`; used by the nginx configuration only.
  /// Addresses, networks, or `unix:`; used by the nginx configuration only.
  std::vector<std::string> trusted_proxies;
  std::vector<std::string> status_from;
  std::string hsts;  ///< `off`, or the value of the header; used by the nginx configuration only.
  std::vector<std::string> guard_groups;  ///< For each, scripts/render-nginx makes an include of the guard.
  Registration registration;
  CookieSecure cookie_secure;
  std::string cookie_prefix;
  std::string cookie_domain;
  std::string password_blocklist;      ///< `builtin`, `off`, or a path.
  std::int64_t login_rate;             ///< Used by the nginx configuration only.
  std::int64_t address_connections;    ///< 0: no limit. Used by the nginx configuration only.
  std::int64_t account_free_failures;  ///< 0: no throttle for accounts.
  std::int64_t address_free_failures;  ///< 0: no throttle for addresses.
  std::int64_t reauth_ttl;             ///< 0: the current password is never required.
  std::int64_t reset_link_ttl;
  std::int64_t events_keep;       ///< Days; 0: no history of accounts is kept.
  std::string mail_command;       ///< Used by sessionctl only. Empty: there is no mail.
  std::string mail_from;          ///< The same; empty: the program for mail says who sends.
  std::int64_t cleanup_interval;  ///< 0: no cleanup by the service.
  std::int64_t request_timeout;
  LogLevel log_level;
  std::string worker_user;
  std::string nginx_user;
};

struct NumberKind {
  std::int64_t Settings::*member;
  std::int64_t least;
  std::int64_t most;
};
struct TextKind {
  std::string Settings::*member;
  std::string_view allowed;  ///< For the error text.
  bool (*accepts)(std::string_view value);
};
struct SecretKind {
  Secret Settings::*member;
  bool for_scripts = false;  ///< The service has no use for it.
};
struct SwitchKind {
  bool Settings::*member;
};
struct ListKind {
  std::vector<std::string> Settings::*member;
  std::string_view allowed;  ///< For the error text.
  bool (*accepts)(std::string_view item);
};
struct RegistrationKind {};
struct CookieSecureKind {};
struct LogLevelKind {};

/// One row of the table of settings.
struct Setting {
  std::string_view name;
  std::string_view fallback;  ///< The default, in the form in which a user would write it.
  std::variant<NumberKind, TextKind, SecretKind, SwitchKind, ListKind, RegistrationKind, CookieSecureKind,
               LogLevelKind>
      kind;
};

/// All settings in the order of env.sample and the manual.
std::span<const Setting> settings_table();
/// The row of a name; nullptr when there is none.
const Setting* find_setting(std::string_view name);

/// OWASP's minimum for argon2id: this memory with two passes, or the second with one.
inline constexpr std::int64_t kLeastArgon2Kib = 19456;
inline constexpr std::int64_t kLeastArgon2KibOfOnePass = 47104;

/// True when the cost of a password hash reaches OWASP's minimum, whatever ARGON2_ALLOW_WEAK says.
constexpr bool is_strong(std::int64_t argon2_memory_kib, std::int64_t argon2_time) {
  return argon2_memory_kib >= (argon2_time >= 2 ? kLeastArgon2Kib : kLeastArgon2KibOfOnePass);
}

class SettingSource;

struct LoadedSettings {
  Settings settings;
  /// One sentence for each error, without secrets. The settings must be used only when this is empty.
  std::vector<std::string> errors;
};

/// Reads and checks every setting, then the rules between settings. `cores` is the number of processors, from
/// which the default sizes of the pools follow; 0 counts as 1.
LoadedSettings load_settings(const SettingSource& source, unsigned cores);

/// The value of a setting as a user would write it, with defaults filled in that depend on the machine or on
/// another setting. `settings` must have been loaded without errors. The result is a Secret because some
/// settings are.
Secret effective_value(const Settings& settings, const Setting& setting);

/// A domain of which a setting takes all hosts for one's own.
struct WideDomain {
  std::string where;        ///< The setting and the value, as the subject of a sentence.
  std::string_view domain;  ///< Without dots at its ends and without a port; a view into the settings.
  std::string_view other;   ///< What to do instead of taking a narrower domain.
};

/// COOKIE_DOMAIN, and the entries of REDIRECT_HOSTS and SERVED_HOSTS that begin with a dot; empty when there
/// are none.
std::vector<WideDomain> wide_domains(const Settings& settings);

/// True when `origin` is listed in CORS_ORIGINS. Never true for `null`, which cannot be listed.
bool is_listed_origin(const Settings& settings, std::string_view origin);

}  // namespace base
