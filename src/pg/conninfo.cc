#include "pg/conninfo.h"

#include <cstdlib>
#include <cstring>
#include <string>

namespace pg {
namespace {

void export_option(const Options& options, std::string_view keyword, const char* variable) {
  const std::string value(value_of(options, keyword));
  const char* present = ::getenv(variable);
  if (!value.empty() && (present == nullptr || present != value)) ::setenv(variable, value.c_str(), 1);
}

}  // namespace

void FreeOptions::operator()(PQconninfoOption* options) const {
  for (auto* option = options; option != nullptr && option->keyword != nullptr; ++option)
    if (option->val != nullptr) base::wipe(option->val, std::strlen(option->val));
  ::PQconninfoFree(options);
}

Options parse_conninfo(const base::Secret& text) {
  char* reason = nullptr;
  Options options(::PQconninfoParse(text.c_str(), &reason));
  ::PQfreemem(reason);
  return options;
}

bool is_valid_conninfo(const base::Settings& settings) {
  return settings.database_url.empty() || parse_conninfo(settings.database_url);
}

Options find_defaults(const Options& given) {
  export_option(given, "servicefile", "PGSERVICEFILE");  // an option of newer versions of libpq only
  export_option(given, "service", "PGSERVICE");
  return Options(::PQconndefaults());
}

std::string_view value_of(const Options& options, std::string_view keyword) {
  std::string_view found;
  for_each_value(options, [&](std::string_view name, std::string_view value) {
    if (name == keyword) found = value;
  });
  return found;
}

std::string_view value_of(const Options& given, const Options& defaults, std::string_view keyword) {
  const auto value = value_of(given, keyword);
  return value.empty() ? value_of(defaults, keyword) : value;
}

std::vector<Host> find_hosts(const base::Settings& settings) {
  if (settings.database_url.empty())
    return list_hosts(settings.db_host, {}, std::to_string(settings.db_port));
  const Options given = parse_conninfo(settings.database_url);
  const Options defaults = find_defaults(given);
  const auto find = [&](std::string_view keyword) { return value_of(given, defaults, keyword); };
  return list_hosts(find("host"), find("hostaddr"), find("port"));
}

}  // namespace pg
