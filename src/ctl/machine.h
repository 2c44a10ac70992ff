// What this machine gives a process: memory and processors.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace ctl {

struct Memory {
  std::int64_t bytes = 0;  ///< 0 when that is not known.
  std::string source;      ///< Whose limit that is, for a sentence.
};

/// The memory that the process and those beside it may have together: that of the machine, or of the tightest
/// control group above it. The process 0 is this one.
Memory find_memory(pid_t process);

/// The number of processors, at least 1.
std::int64_t find_cores();

}  // namespace ctl
