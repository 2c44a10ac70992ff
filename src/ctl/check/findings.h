// What the checks of `sessionctl check` find: what comes of it, and what mends it. It knows no check.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/severity.h"
#include "ctl/output.h"

namespace ctl {

struct Finding {
  std::string_view check;
  base::Severity severity{};
  std::string what;     ///< What is there.
  std::string meaning;  ///< What comes of it.
  std::string cure;     ///< What to do, if that can be said: a command, or a setting with its value.
};

/// One row for each finding, the worst first.
Rows make_rows(std::vector<Finding> findings);

}  // namespace ctl
