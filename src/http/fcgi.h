// One FastCGI connection from nginx. Only this file and fcgi.cc use libfcgi.
// libfcgi was made for processes that serve one connection at a time: it blocks while a request is
// incomplete, it reads the environment and sets signal handlers, and it trusts its peer. So fcgi.cc first
// looks at the bytes that wait in the socket (MSG_PEEK), and lets libfcgi read them only when they are
// exactly one request (fcgi_records.h). Then libfcgi never waits for a slow peer.
#pragma once

#include <fcgiapp.h>

#include <string>

#include "base/secret.h"
#include "base/unique_fd.h"
#include "http/request.h"
#include "http/response.h"

namespace http {

/// Initialises libfcgi. Call it once in a process, before the first connection. Throws runtime_error when
/// that fails.
void init_fcgi();

/// An accepted connection. It holds at most one request at a time.
class FcgiConnection {
 public:
  enum class Input {
    incomplete,  ///< The request has not arrived completely; wait for more.
    request,     ///< request() is valid; answer it with send().
    closed,      ///< The peer has closed or sent no valid request; destroy the connection.
  };

  /// `descriptor` must be a connected stream socket in blocking mode, with timeouts for receiving and
  /// sending.
  explicit FcgiConnection(base::UniqueFd descriptor);
  ~FcgiConnection();
  FcgiConnection(const FcgiConnection&) = delete;
  FcgiConnection& operator=(const FcgiConnection&) = delete;

  /// The socket, to wait for what the peer sends. The connection keeps it.
  int descriptor() const { return fcgi_.ipcFd; }

  /// True when the last read() found a part of a request.
  bool has_partial_input() const { return partial_; }

  /// Reads a request if it has arrived completely. Never blocks.
  Input read();
  /// The request; valid after read() has returned Input::request, until the next send().
  const Request& request() const { return request_; }

  /// True when read() would find something: a request, a part of one, or the end.
  bool has_input() const;

  /// True when the peer has closed the connection, so that it would not get an answer.
  bool is_abandoned() const;

  /// Writes the answer to the request. The connection stays open for another request if `keep` is true, the
  /// peer asked for it, and the role of the request has a body. False when it is closed: destroy it then.
  bool send(const Response& response, bool keep);

 private:
  bool accept_request();
  bool read_body();
  void drop_rest();

  FCGX_Request fcgi_;
  Request request_;
  std::string room_;  ///< For a text of the request that is none of its parameters.
  base::Secret body_;
  bool partial_ = false;
};

}  // namespace http
