// The list of public suffixes: domains such as co.uk, under which strangers have hosts of their own.
// Browsers keep no cookie for one of them (RFC 6265 section 5.3).
#pragma once

#include <string_view>

namespace base {

/// Where Debian's package publicsuffix has the list.
inline constexpr const char* kPublicSuffixFile = "/usr/share/publicsuffix/public_suffix_list.dat";

/// True when `name`, a host name in lower case, is a public suffix by a rule of `list`, the text of that
/// file, which is in UTF-8: of a name such as xn--55qx5d.cn the rule is 公司.cn. A pure function.
bool is_public_suffix(std::string_view list, std::string_view name);

}  // namespace base
