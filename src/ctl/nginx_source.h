// Where the text of a configuration comes from: an open file, or nginx itself, which is asked by `nginx -T`.
// It knows nothing of what is in the text.
#pragma once

#include <string>

namespace ctl {

/// What was read; or, where `fault` is not empty, why there is nothing.
struct NginxText {
  std::string text;
  std::string fault;
};

/// Reads the descriptor up to its end.
NginxText read_nginx_text(int descriptor);

/// Runs `nginx -T`, without a shell: the first nginx of PATH, or the one of /usr/sbin and /usr/local/sbin,
/// which the PATH of many users does not have. What nginx says on standard error stands before the text, or
/// in the fault.
NginxText run_nginx();

}  // namespace ctl
