// One request with what the engine has found out about it for the handler of its route.
#pragma once

#include <optional>
#include <string_view>

#include "auth/policy.h"
#include "base/result.h"
#include "http/json.h"
#include "http/request.h"
#include "http/response.h"
#include "store/sessions.h"

namespace auth {

struct Route;

/// The request must outlive the call.
struct Call {
  explicit Call(const http::Request& http_request) : request(http_request) {}

  const http::Request& request;
  const Route* route = nullptr;     ///< Null when no route fits; never null in a handler.
  std::string_view path_parameter;  ///< What the path has in place of {id}; empty without {id}.
  Credentials credentials;
  std::optional<store::FoundSession> session;  ///< Found by the access token, if the route needs it.
  http::Fields fields;                         ///< The members of the body.
};

/// A response, or the Problem that the client gets instead.
using Answer = base::Result<http::Response>;

}  // namespace auth
