// The version of the program. It is stated here only.
#pragma once

namespace base {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace base
