// The files that locations serve by themselves: which directories, and by which paths.
#pragma once

#include <string>
#include <vector>

#include "nginx/site.h"

namespace nginx {

/// What a location, or a server without one for everything, serves of a directory.
struct Files {
  const Scope* scope;
  std::string directory;  ///< How the names of these files begin.
  std::string path;       ///< How their paths begin; empty where a rule makes the names of something else.
  bool is_all;            ///< Whether it is all that begins so, or only what fits an expression or a rule.
};

/// Of all locations in which somebody gets anything. Where only a request decides, there are none.
std::vector<Files> find_files(const Sites& sites);

/// Whether the one leads to files of the other by a path that does not lead there.
bool reaches(const Files& open, const Files& guarded);

}  // namespace nginx
