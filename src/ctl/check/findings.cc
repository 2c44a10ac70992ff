#include "ctl/check/findings.h"

#include <algorithm>

namespace ctl {

Rows make_rows(std::vector<Finding> findings) {
  std::ranges::stable_sort(findings, std::ranges::greater(), &Finding::severity);
  Rows rows({{"severity", base::severity_names()}, "check", "what", "meaning", "cure"});
  for (auto& finding : findings)
    rows.add({std::string(name_of(finding.severity)), std::string(finding.check), std::move(finding.what),
              std::move(finding.meaning), finding.cure.empty() ? Cell() : Cell(std::move(finding.cure))});
  return rows;
}

}  // namespace ctl
