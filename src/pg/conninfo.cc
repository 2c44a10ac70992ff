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

}  // namespace pg
