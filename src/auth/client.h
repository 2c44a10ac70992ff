// What the list of sessions tells its user about where a session was opened.
#pragma once

#include "http/request.h"
#include "store/sessions.h"

namespace auth {

/// The address of the client as nginx passed it on, and User-Agent without control characters, cut at 200
/// bytes behind a whole character. The user agent is empty when it is not UTF-8.
store::ClientInfo make_client_info(const http::Request& request);

}  // namespace auth
