#include "base/public_suffix.h"

#include <algorithm>
#include <string>

#include "base/punycode.h"
#include "base/text.h"

namespace base {

/// A rule is a suffix, `*.` and a suffix for every domain right below it, or `!` and a domain that is an
/// exception from such a rule.
bool is_public_suffix(std::string_view list, std::string_view name) {
  const std::string domain = decode_host(name);
  const auto parent =
      std::string_view(domain).substr(std::min(domain.find('.'), domain.size()));  // with its dot
  bool is_listed = false;
  while (!list.empty()) {
    const auto end = list.find('\n');
    const auto rule = trim(list.substr(0, end));
    list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
    if (rule.starts_with('!') && rule.substr(1) == domain) return false;
    if (rule == domain || (rule.starts_with('*') && !parent.empty() && rule.substr(1) == parent))
      is_listed = true;
  }
  return is_listed;
}

}  // namespace base
