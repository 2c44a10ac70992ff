// One form for each path of a file and for each address of a program, however it is written.
#pragma once

#include <string>
#include <string_view>

namespace nginx {

/// Without `.`, `..` and empty parts, and with a slash at its end where the text has one.
std::string normal_path(std::string_view path);
/// The same with a slash at its end.
std::string normal_directory(std::string_view path);
/// "unix:/path", or "host:port" in small letters, with this port where the text has none.
std::string full_address(std::string_view authority, std::string_view port);
/// The same, and this host has one name.
std::string normal_address(std::string_view authority, std::string_view port);

}  // namespace nginx
