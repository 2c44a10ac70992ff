#include "pg/client.h"

#include <libpq-fe.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "pg/conninfo.h"

namespace pg {
namespace {

constexpr const char* kService = "sessiond";
// libpq reads lines of a service file into 1,024 bytes.
constexpr std::size_t kLongestLine = 1000;

/// Parameters of a connection by their names in libpq. They need no wiping, because exec() takes this memory
/// away.
using Parameters = std::map<std::string, std::string>;

struct Finish {
  void operator()(PGconn* connection) const { ::PQfinish(connection); }
};

Parameters list_parameters(const Options& options) {
  Parameters parameters;
  for_each_value(options, [&](const char* keyword, const char* value) { parameters[keyword] = value; });
  return parameters;
}

Parameters settings_parameters(const base::Settings& settings) {
  Parameters parameters{{"host", settings.db_host},
                        {"port", std::to_string(settings.db_port)},
                        {"dbname", settings.db_name},
                        {"user", settings.db_user}};
  if (!settings.db_password.empty()) parameters["password"] = settings.db_password.view();
  return parameters;
}

/// libpq ignores a service that does not exist when it is only asked for defaults, but not when it connects.
/// The attempt here gets no further, as there is no such socket.
void require_service(const std::string& name) {
  const std::array keywords{"service", "host", static_cast<const char*>(nullptr)};
  const std::array values{name.c_str(), "/", static_cast<const char*>(nullptr)};
  const std::unique_ptr<PGconn, Finish> connection(::PQconnectStartParams(keywords.data(), values.data(), 0));
  if (::PQhost(connection.get())[0] != '\0') return;
  std::string reason = ::PQerrorMessage(connection.get());
  while (reason.ends_with('\n')) reason.pop_back();
  throw std::runtime_error("DATABASE_URL cannot be used: " + reason);
}

/// What the settings say, and what they leave to the service that they name and to the environment.
Parameters find_parameters(const base::Settings& settings) {
  const Options given = parse_conninfo(settings.database_url);
  const Options defaults = find_defaults(given);
  if (const auto service = value_of(given, "service"); !service.empty())
    require_service(std::string(service));
  Parameters parameters =
      settings.database_url.empty() ? settings_parameters(settings) : list_parameters(given);
  parameters.merge(list_parameters(defaults));
  parameters.erase("service");
  parameters.erase("servicefile");
  return parameters;
}

std::string make_service_file(const Parameters& parameters) {
  std::string text = std::string("[") + kService + "]\n";
  for (const auto& [name, value] : parameters) {
    const bool fits = name.size() + value.size() < kLongestLine &&
                      value.find_first_of("\r\n") == std::string::npos &&
                      std::strchr(" \t\v\f", value.back()) == nullptr;
    if (!fits)
      throw std::runtime_error(
          "the database's parameter " + name +
          " cannot be passed on: it must be shorter than 1,000 bytes, have no line break, and not end "
          "with a space");
    text.append(name).append("=").append(value).append("\n");
  }
  return text;
}

/// Returns the path of the file, which is there for this process, the program that it becomes, and its
/// children.
std::string store_in_memory(std::string_view text) {
  const int descriptor = ::memfd_create("pg_service", 0);
  if (descriptor < 0 || ::write(descriptor, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
    throw std::runtime_error(std::string("cannot make a file in memory: ") + ::strerror(errno));
  return "/dev/fd/" + std::to_string(descriptor);
}

}  // namespace

void become_client(const base::Settings& settings, char** command) {
  Parameters parameters = find_parameters(settings);
  if (const auto password = parameters.extract("password"))
    ::setenv("PGPASSWORD", password.mapped().c_str(), 1);
  ::setenv("PGSERVICEFILE", store_in_memory(make_service_file(parameters)).c_str(), 1);
  ::setenv("PGSERVICE", kService, 1);
  ::execvp(command[0], command);
  throw std::runtime_error("cannot start " + base::make_excerpt(command[0]) + ": " + ::strerror(errno));
}

}  // namespace pg
