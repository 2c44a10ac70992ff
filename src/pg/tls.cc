#include "pg/tls.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>

#include "pg/conninfo.h"
#include "pg/hosts.h"
#include "pg/socket_place.h"

namespace pg {
namespace {

/// The files of TLS: the option that names one, and the file that libpq looks for when nothing does.
struct File {
  std::string_view keyword;
  std::string_view usual;
};
constexpr File kFiles[] = {
    {"sslrootcert", "root.crt"},
    {"sslcert", "postgresql.crt"},
    {"sslkey", "postgresql.key"},
    {"sslcrl", "root.crl"},
};
constexpr const File& kAuthority = kFiles[0];
constexpr const File& kKey = kFiles[2];

/// What the settings say of TLS, with what they leave to the service, the environment and libpq.
struct Wish {
  explicit Wish(const base::Settings& settings)
      : given(parse_conninfo(settings.database_url)), defaults(find_defaults(given)) {}
  std::string_view value(std::string_view keyword) const { return value_of(given, defaults, keyword); }
  std::string_view mode() const { return value("sslmode"); }
  bool verifies() const { return mode().starts_with("verify-"); }
  /// The server proves over this very connection, which has TLS, that it knows the password
  /// (SCRAM-SHA-256-PLUS).
  bool binds() const { return value("channel_binding") == "require"; }
  bool knows_server() const { return verifies() || binds(); }
  bool demands() const { return mode() == "require" || verifies(); }

  Options given;
  Options defaults;
};

/// `system` stands for the authorities of the system, and a colon for the key of an engine.
bool is_path(std::string_view value) {
  return value != "system" && value.find(':') == value.npos;
}

std::string usual_place(const File& file) {
  const char* home = ::getenv("HOME");
  return std::string(home == nullptr ? "" : home).append("/.postgresql/").append(file.usual);
}

/// True when libpq will take the file for there.
bool has_file(const Wish& wish, const File& file) {
  if (!wish.value(file.keyword).empty()) return true;
  return ::access(usual_place(file).c_str(), F_OK) == 0 || errno == EACCES;
}

bool has_any_file(const Wish& wish) {
  return std::any_of(std::begin(kFiles), std::end(kFiles),
                     [&](const File& file) { return has_file(wish, file); });
}

/// The name of the user of this process; the number when it has none.
std::string own_name() {
  const passwd* user = ::getpwuid(::geteuid());
  return user == nullptr ? std::to_string(::geteuid()) : user->pw_name;
}

/// Why libpq refuses a key that it can read: nobody else may read it, but the group of one that belongs to
/// root.
std::string find_key_fault(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  const mode_t closed = status.st_uid == 0 ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;
  if ((status.st_mode & closed) == 0 || !S_ISREG(status.st_mode)) return {};
  return path + " (sslkey) is open to others, and libpq refuses such a key; run: chmod 600 " + path;
}

/// Why the file cannot be used; empty when it can, or is not wanted.
std::string find_file_fault(const Wish& wish, const File& file) {
  const std::string named(wish.value(file.keyword));
  if (!has_file(wish, file) || !is_path(named)) return {};
  const std::string path = named.empty() ? usual_place(file) : named;
  if (::access(path.c_str(), R_OK) == 0) return &file == &kKey ? find_key_fault(path) : std::string();
  const std::string reason = ::strerror(errno);
  return "the user " + own_name() + " cannot read " + path + " (" + std::string(file.keyword) +
         "): " + reason + "; put it where that user may read it";
}

/// Where libpq looks for a socket when it is told no host. It says so of a connection alone, also of one that
/// it does not even begin, as it knows no such mode.
std::string usual_socket_directory() {
  const std::unique_ptr<PGconn, decltype(&::PQfinish)> unbegun(::PQconnectdb("sslmode=none"), &::PQfinish);
  const char* host = ::PQhost(unbegun.get());
  return host == nullptr ? std::string() : host;
}

std::optional<Risk> find_socket_risk(const Wish& wish, const Host& host) {
  if (!wish.value("requirepeer").empty()) return std::nullopt;
  const auto fault = find_socket_fault(host.name.empty() ? usual_socket_directory() : host.name);
  if (fault.empty()) return std::nullopt;
  return Risk{"the database is reached by a socket that can be somebody else's, because " + fault,
              "whoever puts one there while PostgreSQL is away gets the password and says who is who",
              "have the socket in a directory that only PostgreSQL may write to, such as /run/postgresql, by "
              "unix_socket_directories in postgresql.conf, and name that as the host; or set "
              "requirepeer=postgres in DATABASE_URL"};
}

std::optional<Risk> find_tcp_risk(const Wish& wish) {
  if (wish.knows_server() || wish.value("gssencmode") == "require") return std::nullopt;
  return Risk{
      "the database is reached over TCP, and nobody verifies the server",
      "whoever listens there while PostgreSQL is away, such as any user of its host, gets the "
      "password and says who is who",
      "name the directory of the socket as the host, such as /run/postgresql, or set "
      "sslmode=verify-full sslrootcert=FILE in DATABASE_URL, or channel_binding=require where the role "
      "has a password"};
}

}  // namespace

bool wants_tls(const base::Settings& settings) {
  const Wish wish(settings);
  const auto hosts = find_hosts(settings);
  return !std::all_of(hosts.begin(), hosts.end(), is_unix_socket) && wish.mode() != "disable" &&
         (wish.demands() || has_any_file(wish));
}

bool verifies_server(const base::Settings& settings) {
  return Wish(settings).knows_server();
}

std::vector<std::string> find_tls_faults(const base::Settings& settings) {
  std::vector<std::string> faults;
  if (!wants_tls(settings)) return faults;
  const Wish wish(settings);
  for (const auto& file : kFiles)
    if (auto fault = find_file_fault(wish, file); !fault.empty()) faults.push_back(std::move(fault));
  const std::string mode = "sslmode=" + std::string(wish.mode());
  if (wish.verifies() && !has_file(wish, kAuthority))
    faults.push_back(mode + " needs the certificate of the authority: name its file by sslrootcert");
  if (!wish.demands())
    faults.push_back("there are certificates for the database, but with " + mode +
                     " a connection goes on without TLS when TLS fails; set sslmode=verify-full");
  return faults;
}

std::optional<Risk> find_impersonation_risk(const base::Settings& settings) {
  const Wish wish(settings);
  for (const auto& host : find_hosts(settings)) {
    auto risk = is_unix_socket(host) ? find_socket_risk(wish, host) : find_tcp_risk(wish);
    if (risk) return risk;
  }
  return std::nullopt;
}

std::string_view encryption_of(PGconn* connection) {
  if (::PQgssEncInUse(connection) == 1) return "GSSAPI";
  const char* version = ::PQsslInUse(connection) == 1 ? ::PQsslAttribute(connection, "protocol") : nullptr;
  return version == nullptr ? "none" : version;
}

bool is_protected(PGconn* connection) {
  return is_socket_name(::PQhost(connection)) || encryption_of(connection) != "none";
}

}  // namespace pg
