#include "server/socket_directory.h"

#include <stdexcept>

namespace server {
namespace {

constexpr DirectoryRule kOfSockets{
    .harm_of_owner = "who could put another socket in the place of the service's",
    .right = "may put files into",
    .harm_of_writers = "and so another socket in the place of the service's while it is down",
    .cure_of_sticky = "mkdir -m 755 @/sessiond, and set SOCKET_DIR=@/sessiond",
    .takes_own_group = false,
    .takes_place_of_program = false};

}  // namespace

std::optional<DirectoryFault> find_directory_fault(const std::string& path, std::optional<uid_t> owner) {
  const auto way = find_way(path, owner);
  return way.fault ? way.fault : find_fault(way.end, kOfSockets, owner);
}

void require_safe_socket_directory(const std::string& path) {
  if (const auto fault = find_directory_fault(path))
    throw std::runtime_error("SOCKET_DIR=" + path + " is not safe: " + fault->what + "; run: " + fault->cure);
}

}  // namespace server
