// The ways by which nginx itself moves a request to another location: try_files, error_page, rewrite, index.
#pragma once

#include <string>
#include <vector>

#include "nginx/site.h"

namespace nginx {

struct Way {
  std::string target;  ///< A path, in which variables stand for any text, or the name of a location.
  bool is_rewrite;
  bool is_early;  ///< Whether nginx takes it before it asks anybody who may get in.
};

/// Those of requests that are in the location, or in a server without one that fits them.
std::vector<Way> ways_from(const Sites& sites, const Scope& scope);
/// Whether the way may lead there. They are in one server.
bool may_lead(const Way& way, const Scope& location);

}  // namespace nginx
