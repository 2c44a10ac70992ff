#include "nginx/names.h"

#include <array>
#include <vector>

#include "base/text.h"

namespace nginx {
namespace {

constexpr std::array<std::string_view, 3> kThisHost{"localhost:", "localhost.:", "[::1]:"};

}  // namespace

std::string normal_path(std::string_view path) {
  std::vector<std::string_view> parts;
  for (const auto part : base::split(path, '/')) {
    if (part.empty() || part == ".") continue;
    if (part != "..")
      parts.push_back(part);
    else if (!parts.empty())
      parts.pop_back();
  }
  std::string result = path.starts_with('/') ? "/" : "";
  for (std::size_t i = 0; i < parts.size(); ++i) result.append(i == 0 ? "" : "/").append(parts[i]);
  if (path.ends_with('/') && !result.ends_with('/')) result += '/';
  return result;
}

std::string normal_directory(std::string_view path) {
  return normal_path(std::string(path) + "/");
}

std::string full_address(std::string_view authority, std::string_view port) {
  if (authority.starts_with("unix:"))
    return "unix:" + normal_path(authority.substr(5, authority.find(':', 5) - 5));
  auto address = base::to_lower(authority);
  if (address.find(':', address.rfind(']') + 1) == std::string::npos) address.append(":").append(port);
  return address;
}

std::string normal_address(std::string_view authority, std::string_view port) {
  auto address = full_address(authority, port);
  for (const auto name : kThisHost)
    if (address.starts_with(name)) return "127.0.0.1:" + address.substr(name.size());
  return address;
}

}  // namespace nginx
