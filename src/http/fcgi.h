// One FastCGI connection from nginx, kept or not; the only includer of libfcgi. Knows bytes, requests and
// answers, but no routes. libfcgi was made for processes that serve one connection and wait: it blocks on
// half a request, keeps process-wide state in the environment and in signal handlers, and trusts its peer.
// What keeps that from the rest of the program is in fcgi.cc: bytes are looked at in the socket first
// (MSG_PEEK), and libfcgi reads them only when they are one whole request (fcgi_records.h), so that it never
// waits for a peer that is slow.
#pragma once

#include <fcgiapp.h>

#include <memory>
#include <string>

#include "base/secret.h"
#include "base/unique_fd.h"
#include "http/request.h"
#include "http/response.h"

namespace http {

/// To be called once in a process, before the first connection. Throws runtime_error.
void init_fcgi();

/// An accepted connection. It holds at most one request at a time.
class FcgiConnection {
 public:
  enum class Input {
    incomplete,  ///< Wait for more.
    request,     ///< request() is there; it must be answered with send().
    closed,      ///< The peer is gone or sent no request: destroy the connection.
  };

  /// `descriptor` is a connected stream socket, blocking, with receive and send timeouts set.
  explicit FcgiConnection(base::UniqueFd descriptor);
  ~FcgiConnection();
  FcgiConnection(const FcgiConnection&) = delete;
  FcgiConnection& operator=(const FcgiConnection&) = delete;

  int descriptor() const { return fcgi_.ipcFd; }
  /// True when the peer has sent some of a request, but not all.
  bool has_partial_input() const { return partial_; }

  /// Takes in a request if all of it has arrived. Never blocks.
  Input read();
  /// Valid from a read() that said `request` to the send() after it.
  const Request& request() const { return request_; }

  /// Writes the answer. With `keep` and the peer's wish the connection stays open for another request.
  /// False: it is closed, destroy it.
  bool send(const Response& response, bool keep);

 private:
  bool accept_request();
  bool read_body();

  FCGX_Request fcgi_;
  Request request_;
  base::Secret body_;
  bool partial_ = false;
};

}  // namespace http
