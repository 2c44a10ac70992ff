// Whom the guard lets in, and what it tells applications of the user (docs/nginx.md). Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace auth {

/// True when one of the groups of a user, comma-separated, is asked for, or none is.
bool is_in_one_of(std::string_view groups, const std::vector<std::string_view>& asked);

/// The user in the headers that Authelia and oauth2-proxy use, encoded as values of headers.
std::vector<std::pair<std::string_view, std::string>> make_identity_headers(std::string_view username,
                                                                            std::string_view name,
                                                                            std::string_view groups);

}  // namespace auth
