// Reading a file whole, and writing a whole text to standard output.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace base {

/// What can be read from the descriptor up to its end. Nothing when reading fails, with the reason in errno:
/// EISDIR for a directory, EFBIG when there are more than `most` bytes. What is returned is the only copy.
std::optional<std::string> read_all(int descriptor, std::size_t most);

/// Writes the whole text to standard output. Throws runtime_error with the reason when that fails.
void print(std::string_view text);

}  // namespace base
