// The traps of docs/nginx.md in a configuration of nginx: a table of rules, and what they find. It reads text
// only, and asks neither nginx nor the service.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/config.h"
#include "nginx/rules.h"

namespace nginx {

struct Finding {
  Severity severity{};
  std::string_view rule;
  std::string file;
  std::size_t line = 0;
  std::string what;          ///< What is there, in words of the configuration.
  std::string_view meaning;  ///< What comes of it.
  std::string_view cure;     ///< What to write, and where docs/nginx.md says more.
};

/// All rules, in the order in which they are looked at.
std::span<const Rule> all_rules();

/// How many locations of sites the guard protects.
std::size_t count_guarded(const Config& config);

/// What the rules find, those of one file together in the order of their lines. Needs a configuration without
/// a fault.
std::vector<Finding> check(const Config& config);

}  // namespace nginx
