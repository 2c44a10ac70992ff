// The list of common passwords that the program carries: common-passwords.txt, byte for byte. The Makefile
// makes the definition, common_passwords.cc among what it builds; common-passwords.license tells where the
// list is from.
#pragma once

#include <string_view>

namespace auth {

/// One password a line, small letters, sorted by bytes. Memory of the program, so all workers share it.
extern const std::string_view kCommonPasswords;

}  // namespace auth
