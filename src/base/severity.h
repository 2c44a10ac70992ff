// How bad a thing is that a check has found, and what a program says of it when it ends.
#pragma once

#include <algorithm>
#include <ranges>
#include <string_view>
#include <vector>

namespace base {

enum class Severity {
  warning,  ///< It works, and may go wrong or be less safe than it could be.
  unknown,  ///< It could not be checked.
  error,    ///< It does not work, or is not safe.
  count
};

/// "error", "warning" or "unknown".
std::string_view name_of(Severity severity);
/// All of them.
std::vector<std::string_view> severity_names();

/// The exit status of a program of a monitoring system (Nagios and its like), by the worst that was found: 1
/// for a warning, 2 for an error, 3 when something could not be checked.
int exit_status_of(Severity worst);

/// The same for things that have a severity; 0 when there are none.
template <std::ranges::forward_range Findings>
int exit_status_of(const Findings& findings) {
  const auto severity = [](const auto& finding) { return finding.severity; };
  const auto worst = std::ranges::max_element(findings, {}, severity);
  return worst == std::ranges::end(findings) ? 0 : exit_status_of(severity(*worst));
}

}  // namespace base
