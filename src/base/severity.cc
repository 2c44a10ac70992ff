#include "base/severity.h"

#include <array>

#include "base/enum_table.h"

namespace base {
namespace {

struct SeverityRow {
  Severity id;
  std::string_view name;
  int exit_status;
};
constexpr std::array kSeverities{SeverityRow{Severity::warning, "warning", 1},
                                 SeverityRow{Severity::unknown, "unknown", 3},
                                 SeverityRow{Severity::error, "error", 2}};
static_assert(is_enum_table(kSeverities));

}  // namespace

std::string_view name_of(Severity severity) {
  return row_of(kSeverities, severity).name;
}

std::vector<std::string_view> severity_names() {
  std::vector<std::string_view> names;
  names.reserve(kSeverities.size());
  for (const auto& row : kSeverities) names.push_back(row.name);
  return names;
}

int exit_status_of(Severity worst) {
  return row_of(kSeverities, worst).exit_status;
}

}  // namespace base
