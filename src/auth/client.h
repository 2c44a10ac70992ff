// Where a session comes from, as its user sees it in the list of sessions.
#pragma once

#include "http/request.h"
#include "store/sessions.h"

namespace auth {

/// The client's address as nginx tells it, and its user agent: at most 200 characters, without control
/// characters, empty when it is not UTF-8.
store::ClientInfo make_client_info(const http::Request& request);

}  // namespace auth
