#include "ctl/knock.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/text.h"
#include "base/unique_fd.h"

namespace ctl {
namespace {

constexpr std::size_t kMostAnswer = 65536;
constexpr char kBegin = 1, kParams = 4, kStdin = 5;
/// What the worker wants to know of each request.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kParameters{{
    {"REQUEST_METHOD", "GET"},
    {"REMOTE_ADDR", "127.0.0.1"},
    {"REQUEST_ID", "00000000000000000000000000000000"},
    {"HTTP_HOST", "localhost"},
}};

std::string make_record(char kind, std::string_view content) {
  std::string record{1, kind, 0, 1, static_cast<char>(content.size() >> 8), static_cast<char>(content.size()),
                     0, 0};
  return record.append(content);
}

void append_pair(std::string& text, std::string_view name, std::string_view value) {
  text += static_cast<char>(name.size());
  text += static_cast<char>(value.size());
  text.append(name).append(value);
}

/// The records of a request for the path (FastCGI specification 1.0, section 3).
std::string make_get_records(std::string_view path) {
  std::string parameters;
  append_pair(parameters, "DOCUMENT_URI", path);
  for (const auto& [name, value] : kParameters) append_pair(parameters, name, value);
  constexpr std::string_view kResponder("\0\1\0\0\0\0\0\0", 8);
  return make_record(kBegin, kResponder) + make_record(kParams, parameters) + make_record(kParams, {}) +
         make_record(kStdin, {});
}

/// The status of an answer in records; 0 when they have none.
int parse_status(std::string_view records) {
  constexpr std::string_view kName = "Status: ";
  const auto place = records.find(kName);
  if (place == std::string_view::npos) return 0;
  return static_cast<int>(base::parse_number(records.substr(place + kName.size(), 3)).value_or(0));
}

bool send_all(int socket, std::string_view bytes) {
  return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

/// Takes what comes until the end, and notes what that is.
void receive_answer(int socket, Knock& result) {
  std::string text;
  std::array<char, 4096> part{};
  ssize_t got = 1;
  while (got > 0 && text.size() < kMostAnswer) {
    got = ::recv(socket, part.data(), part.size(), 0);
    if (got > 0) text.append(part.data(), static_cast<std::size_t>(got));
  }
  result.is_closed = text.empty() && (got == 0 || errno == ECONNRESET);
  result.status = parse_status(text);
}

/// Both for a connection, as long as the queue is full, and for an answer.
void set_patience(int socket, int seconds) {
  const timeval patience{seconds, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

pid_t find_maker(int socket) {
  ucred maker{};
  socklen_t size = sizeof maker;
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &maker, &size) == 0 ? maker.pid : 0;
}

int connect_to(int socket, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) return ENAMETOOLONG;
  std::ranges::copy(path, address.sun_path);
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
}

}  // namespace

Knock knock(const std::string& socket, std::string_view path, int patience) {
  Knock result;
  const base::UniqueFd connection(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  set_patience(connection.get(), patience);
  result.error = connection ? connect_to(connection.get(), socket) : errno;
  if (result.error != 0) return result;
  result.maker = find_maker(connection.get());
  if (send_all(connection.get(), make_get_records(path)))
    receive_answer(connection.get(), result);
  else
    result.is_closed = errno == EPIPE || errno == ECONNRESET;
  return result;
}

}  // namespace ctl
