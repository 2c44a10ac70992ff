// The completion of the command line for bash, made from the table of commands. A pure function.
#pragma once

#include <string>

namespace ctl {

/// A text that bash sources.
std::string make_bash_completion();

}  // namespace ctl
