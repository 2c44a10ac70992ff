// The list of common passwords that is compiled into the program: common-passwords.txt, byte for byte. The
// Makefile generates its definition, common_passwords.cc; common-passwords.license names the origin of the
// list.
#pragma once

#include <string_view>

namespace auth {

/// One password on each line, in lower case, sorted by bytes. It is constant data of the program, which all
/// workers share.
extern const std::string_view kCommonPasswords;

}  // namespace auth
