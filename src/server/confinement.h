// What the process of a worker may ask of the kernel: the system calls that its work needs, and no others. So
// whoever has taken over a worker cannot run programs, write files, or reach other processes
// (docs/security.md, "What a worker may do").
#pragma once

#include <string>

namespace server {

/// Why workers cannot be confined on this system, as a sentence with what that means; empty when they can.
/// The answer is that of the kernel, or of the container that runs this process.
std::string find_confinement_obstacle();

/// Confines this process for good, if the system can do that. To be called when the process has given up all
/// rights that it does not need, and before it has more than one thread. A call that no worker makes ends the
/// process with SIGSYS; other calls that it does not need do not exist for it (ENOSYS). Throws runtime_error
/// when the system can confine it and yet does not.
void confine_worker();

}  // namespace server
