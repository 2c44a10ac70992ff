// The version of this source tree: the only place that says it.
#pragma once

namespace base {

inline constexpr const char* kVersion = "0.1.0";

}  // namespace base
