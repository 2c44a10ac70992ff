// Headers by which a client could say who its user is, as parameters (HTTP_REMOTE_USER): the names with `!`
// of nginx/guard-headers.txt, of which the Makefile generates the definition, claims.cc.
#pragma once

#include <span>
#include <string_view>

namespace http {

extern const std::span<const std::string_view> kClaims;

}  // namespace http
