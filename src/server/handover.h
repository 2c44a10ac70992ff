// What a master leaves to the program that it becomes by execve(2): its listening sockets, and its workers,
// which serve until those of the new program are ready. It is one variable of the environment.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/pools.h"

namespace server {

struct Handover {
  bool
      made;  ///< The service made the sockets, and removes their files when it stops; else it inherited them.
  base::PerPool<int> sockets;  ///< Descriptors.
  std::vector<pid_t> workers;  ///< Children of this process that serve on these sockets.

  bool operator==(const Handover&) const = default;
};

/// The text for the process `self`, which parse_handover() reads.
std::string format_handover(const Handover& handover, pid_t self);

/// Empty for a text that is meant for another process: who starts a service may pass his own environment on.
/// Throws runtime_error when the text is malformed.
std::optional<Handover> parse_handover(std::string_view text, pid_t self);

/// Writes it into the environment, for the program that this process is about to become.
void leave_handover(const Handover& handover);

/// Takes it out of the environment. Empty when this process was no service before. Throws as parse_handover()
/// does.
std::optional<Handover> take_handover();

}  // namespace server
