#include "http/fcgi.h"

#include <malloc.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "http/fcgi_records.h"
#include "http/role.h"

namespace http {
namespace {

/// The buffers for looking at the bytes of a request and for reading its body. The process has one thread, so
/// that all connections can share them.
std::array<std::byte, kMostRequestBytes + 1> peek_buffer;
std::array<char, kMostBodyBytes + 1> body_buffer;

/// Restores, when it is destroyed, the signal handlers that were set when it was constructed. FCGX_Init sets
/// handlers with which a signal would interrupt a read or a write in the middle of a request.
class KeptHandlers {
 public:
  KeptHandlers() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], nullptr, &actions_[i]);
  }
  ~KeptHandlers() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &actions_[i], nullptr);
  }
  KeptHandlers(const KeptHandlers&) = delete;
  KeptHandlers& operator=(const KeptHandlers&) = delete;

 private:
  static constexpr std::array kSignals{SIGPIPE, SIGUSR1, SIGTERM};
  std::array<struct sigaction, kSignals.size()> actions_{};
};

/// Overwrites the parameters of a request before libfcgi frees them: cookies are among them. libfcgi leaves
/// the pointer to them as it is, so that it is taken away here.
void wipe_parameters(FCGX_Request& request) {
  if (request.envp == nullptr) return;
  for (char** parameter = request.envp; *parameter != nullptr; ++parameter)
    base::wipe(*parameter, std::strlen(*parameter));
  request.envp = nullptr;
}

void put(FCGX_Stream* stream, std::string_view text) {
  ::FCGX_PutStr(text.data(), static_cast<int>(text.size()), stream);
}

void write(FCGX_Stream* stream, const Response& response) {
  put(stream, make_head(response).view());
  put(stream, response.body);
}

}  // namespace

void init_fcgi() {
  // By default, libfcgi waits up to two seconds at each close for the peer to close first.
  ::setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 1);
  // libfcgi frees its buffers, through which passwords and tokens pass, without clearing them. With this, the
  // allocator overwrites what is freed, except small pieces (mallopt(3)).
  ::mallopt(M_PERTURB, 0xFF);
  const KeptHandlers handlers;
  if (::FCGX_Init() != 0) throw std::runtime_error("FCGX_Init failed");
}

FcgiConnection::FcgiConnection(base::UniqueFd descriptor) {
  ::FCGX_InitRequest(&fcgi_, -1, 0);  // -1: there is no listening socket on which libfcgi could accept
  fcgi_.ipcFd = descriptor.release();
  fcgi_.keepConnection = 1;
}

FcgiConnection::~FcgiConnection() {
  wipe_parameters(fcgi_);
  fcgi_.detached = 1;  // closes at once, without shutdown() and the wait after it
  ::FCGX_Free(&fcgi_, 1);
}

FcgiConnection::Input FcgiConnection::read() {
  const ssize_t size = ::recv(fcgi_.ipcFd, peek_buffer.data(), peek_buffer.size(), MSG_PEEK | MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EINTR ? Input::incomplete : Input::closed;
  if (size == 0) return Input::closed;
  const auto state = inspect_records(std::span(peek_buffer).first(static_cast<std::size_t>(size)));
  base::wipe(peek_buffer.data(), static_cast<std::size_t>(size));
  const bool too_large = static_cast<std::size_t>(size) > kMostRequestBytes;
  if (state == RecordState::refused || too_large) return Input::closed;
  partial_ = state == RecordState::incomplete;
  if (partial_) return Input::incomplete;
  if (!accept_request()) return Input::closed;
  const RoleRow& role = base::row_of(kRoles, request_.role);
  if (!role.has_body) drop_rest();
  if (role.has_body && !read_body()) return Input::closed;
  role.translate(request_, room_);
  return Input::request;
}

bool FcgiConnection::accept_request() {
  fcgi_.keepConnection = 1;
  if (::FCGX_Accept_r(&fcgi_) != 0) return false;
  // libfcgi takes a read error within the parameters for their end, but the stream keeps the error.
  if (::FCGX_GetError(fcgi_.in) != 0) return false;
  request_ = Request{};
  request_.role = find_role(static_cast<unsigned>(fcgi_.role))->id;  // inspect_records() knows the number
  for (char** parameter = fcgi_.envp; *parameter != nullptr; ++parameter) add_parameter(request_, *parameter);
  return true;
}

/// Reads STDIN to its end, so that no rest of the body is taken for the next request. Only the first
/// kMostBodyBytes + 1 bytes are kept.
bool FcgiConnection::read_body() {
  const int size = ::FCGX_GetStr(body_buffer.data(), static_cast<int>(body_buffer.size()), fcgi_.in);
  if (size > 0) body_.assign({body_buffer.data(), static_cast<std::size_t>(size)});
  request_.body = body_.view();
  for (int more = size; more == static_cast<int>(body_buffer.size());)
    more = ::FCGX_GetStr(body_buffer.data(), static_cast<int>(body_buffer.size()), fcgi_.in);
  if (size > 0) base::wipe(body_buffer.data(), body_buffer.size());
  return size >= 0 && ::FCGX_GetError(fcgi_.in) == 0;
}

/// Takes from the socket what a peer sends after a request without a body. Left there, it would make closing
/// the connection look like an error to the peer.
void FcgiConnection::drop_rest() {
  ssize_t size = 0;
  while ((size = ::recv(fcgi_.ipcFd, peek_buffer.data(), peek_buffer.size(), MSG_DONTWAIT)) > 0)
    base::wipe(peek_buffer.data(), static_cast<std::size_t>(size));
}

bool FcgiConnection::has_input() const {
  pollfd descriptor{fcgi_.ipcFd, POLLIN, 0};
  return ::poll(&descriptor, 1, 0) > 0;
}

bool FcgiConnection::is_abandoned() const {
  pollfd descriptor{fcgi_.ipcFd, 0, 0};  // POLLHUP and POLLERR are always reported
  return ::poll(&descriptor, 1, 0) > 0;
}

bool FcgiConnection::send(const Response& response, bool keep) {
  const RoleRow& role = base::row_of(kRoles, request_.role);
  if (!keep || !role.has_body) fcgi_.keepConnection = 0;
  write(fcgi_.out, role.make_answer == nullptr ? response : role.make_answer(response));
  wipe_parameters(fcgi_);
  fcgi_.detached = 1;
  ::FCGX_Finish_r(&fcgi_);
  fcgi_.detached = 0;
  request_ = Request{};
  body_.clear();
  return fcgi_.ipcFd >= 0;
}

}  // namespace http
