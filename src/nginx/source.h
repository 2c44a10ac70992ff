// Where the text of a configuration comes from: an open file, or nginx itself, which is asked by `nginx -T`.
// It knows nothing of what is in the text.
#pragma once

#include <string>

namespace nginx {

/// What was read; or, where `fault` is not empty, why there is nothing.
struct Text {
  std::string text;
  std::string fault;
};

/// Reads the descriptor up to its end.
Text read_text(int descriptor);

/// Runs `nginx -T`, without a shell: the first nginx of PATH, or the one of /usr/sbin and /usr/local/sbin,
/// which the PATH of many users does not have. What nginx says on standard error stands before the text, or
/// in the fault.
Text ask_nginx();

}  // namespace nginx
