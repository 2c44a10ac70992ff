// The programs to which locations pass requests.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/site.h"

namespace nginx {

/// The addresses to which a pass leads, in the form of full_address(); empty where only a request decides.
std::set<std::string> addresses_of(const Sites& sites, const Scope& scope, const Directive& pass);
/// What the address of a pass says behind the program's own: a path, or empty for none.
std::string_view uri_of(std::string_view address);

/// The program behind a pass: its normal_address(), and with FastCGI the script or the directory of the
/// scripts.
struct Program {
  std::string address, script;
};
/// Empty for a location that passes nothing on.
std::vector<Program> programs_of(const Sites& sites, const Scope& scope);
/// Whether one of the scripts of either may be one of the other's.
bool is_same(const Program& a, const Program& b);

}  // namespace nginx
