// Where the value of a variable comes from: set, map, geo and their like, and the conditions around them.
// This is the only place that follows variables.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/site.h"

namespace nginx {

/// A `set` of the block itself, with the `if` around it; null without one.
struct Setting {
  const Directive* set;
  const Directive* condition;
};
std::vector<Setting> settings_of(const Scope& scope);

/// What is followed: what stands in a value, or also what decides which value it is.
enum class Follow { content, choice };
/// The variables, with their `$`, of which the text is made in the block, and those of which these are made.
/// Those of the service are not followed.
std::set<std::string> origins_of(const Sites& sites, const Scope& scope, std::string_view text,
                                 Follow follow);
/// The same for what a `set` says.
std::set<std::string> origins_of(const Sites& sites, const Scope& scope, const Setting& setting);

/// What the text can be, with each variable replaced that has only a few values. What only a request decides
/// stays as it is written.
std::set<std::string> values_of(const Sites& sites, const Scope& scope, std::string_view text);

/// Whether it can be more than values_of() says: these are too many, or lie too deep.
bool has_more_values(const Sites& sites, const Scope& scope, std::string_view text);
/// Whether origins_of() has given up, because there are too many variables.
bool has_more_origins(const std::set<std::string>& variables);

/// Whether the value of the variable is what a client says: a header, a query, a cookie, a name.
bool is_of_client(std::string_view variable);
bool is_of_client(const std::set<std::string>& variables);
/// Whether the text has the variable, whose name has its `$`, and not only one whose name begins so.
bool has_variable(std::string_view text, std::string_view variable);
/// The names of the variables in the text, with their `$`.
std::vector<std::string> variables_in(std::string_view text);

}  // namespace nginx
