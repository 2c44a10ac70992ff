// Reading a file whole.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace base {

/// What can be read from the descriptor up to its end. Nothing when reading fails, with the reason in errno:
/// EISDIR for a directory, EFBIG when there are more than `most` bytes.
std::optional<std::string> read_all(int descriptor, std::size_t most);

}  // namespace base
