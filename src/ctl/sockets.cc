#include "ctl/sockets.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "base/unique_fd.h"

namespace ctl {
namespace {

using namespace std::literals;

constexpr int kPatience = 2;  // seconds
constexpr std::size_t kMostAnswer = 65536;

/// A record of FastCGI 1.0, 3.3, of request 1; `body` has less than 256 bytes.
std::string make_record(char type, std::string_view body) {
  std::string record{"\x01"s};
  record += type;
  record.append("\0\x01\0"sv) += static_cast<char>(body.size());
  return record.append("\0\0"sv).append(body);
}

std::string make_parameter(std::string_view name, std::string_view value) {
  std::string parameter;
  parameter += static_cast<char>(name.size());
  parameter += static_cast<char>(value.size());
  return parameter.append(name).append(value);
}

/// GET /health: begin of a request that a responder answers before it closes, parameters, and no body.
std::string make_question() {
  const auto parameters = make_parameter("REQUEST_METHOD", "GET") + make_parameter("DOCUMENT_URI", "/health");
  return make_record(1, "\0\x01\0\0\0\0\0\0"sv) + make_record(4, parameters) + make_record(4, "") +
         make_record(5, "");
}

std::string last_error() {
  const bool late = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINPROGRESS;
  return late ? "no worker answers within " + std::to_string(kPatience) + " s" : std::strerror(errno);
}

/// An answer without a status line has the status 200 (RFC 3875, 6.3.3).
std::string judge(std::string_view answer) {
  if (answer.empty()) return "the connection is closed without an answer: this user may not use it";
  const auto status = answer.find("Status: ");
  if (status == std::string_view::npos || answer.substr(status + 8, 3) == "200") return {};
  return "the answer is " + std::string(answer.substr(status + 8, 3));
}

}  // namespace

std::string find_socket_fault(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) return "the path is too long for the kernel";
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  const base::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval patience{kPatience, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const auto question = make_question();
  const void* place = &address;
  if (::connect(socket.get(), static_cast<const sockaddr*>(place), sizeof address) != 0 ||
      ::send(socket.get(), question.data(), question.size(), MSG_NOSIGNAL) < 0)
    return last_error();
  std::string answer;
  for (std::array<char, 4096> bytes{}; answer.size() < kMostAnswer;) {
    const auto count = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
    if (count < 0) return errno == ECONNRESET ? judge({}) : last_error();
    if (count == 0) break;
    answer.append(bytes.data(), static_cast<std::size_t>(count));
  }
  return judge(answer);
}

}  // namespace ctl
