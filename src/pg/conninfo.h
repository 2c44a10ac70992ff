// What a connection string says about a connection, and what it leaves to a service file, the environment and
// libpq.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string_view>
#include <vector>

#include "base/config.h"
#include "pg/hosts.h"

namespace pg {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const;
};
/// libpq's list of all options, which ends with one without a keyword. The values, among them passwords, are
/// wiped when it is freed. nullptr counts as a list in which no option has a value.
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;

/// What a connection string says; nullptr when libpq cannot read it. libpq's reason is dropped, because it
/// repeats parts of the text, perhaps the password.
Options parse_conninfo(const base::Secret& text);

/// False when DATABASE_URL is set and libpq cannot read it.
bool is_valid_conninfo(const base::Settings& settings);

/// What counts where `given` has no value: the service that it names, then the environment, then libpq's
/// defaults. A service that does not exist says nothing. Sets PGSERVICE to the service of `given`, because
/// libpq tells what is in a service only for the one that PGSERVICE names; not again when it is set so, as
/// threads may read the environment then.
Options find_defaults(const Options& given);

/// Empty when the option has no value. An empty value is none, as for libpq. Lives as long as `options`.
std::string_view value_of(const Options& options, std::string_view keyword);

/// What counts for a connection: the value that it was given, else its default. Lives as long as both.
std::string_view value_of(const Options& given, const Options& defaults, std::string_view keyword);

/// The servers that the settings name, with what they leave to the service and the environment.
std::vector<Host> find_hosts(const base::Settings& settings);

/// Calls `function(keyword, value)`, with two C strings, for each option that has a value.
template <typename Function>
void for_each_value(const Options& options, Function function) {
  for (const auto* option = options.get(); option != nullptr && option->keyword != nullptr; ++option)
    if (option->val != nullptr && *option->val != '\0') function(option->keyword, option->val);
}

}  // namespace pg
