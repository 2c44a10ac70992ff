// One request on its way from its route to its answer. The engine fills it in; handlers read it.
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

/// References the request and lives no longer.
struct Call {
  explicit Call(const http::Request& http_request) : request(http_request) {}

  const http::Request& request;
  const Route* route = nullptr;     ///< Null when no route fits; no handler sees that.
  std::string_view path_parameter;  ///< What stands for {id} in the path.
  Credentials credentials;
  std::optional<store::FoundSession> session;  ///< Of the access token, if the route wants it and it is live.
  http::Fields fields;                         ///< Of the body, by the route's specs.
};

/// A response, or the Problem that the client is told of instead.
using Answer = base::Result<http::Response>;

}  // namespace auth
