#include "base/file.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace base {

std::optional<std::string> read_all(int descriptor, std::size_t most) {
  std::string text;
  std::array<char, 65536> chunk;
  for (;;) {
    const auto count = ::read(descriptor, chunk.data(), chunk.size());
    if (count == 0) return text;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    text.append(chunk.data(), static_cast<std::size_t>(count));
    if (text.size() > most) {
      errno = EFBIG;
      return std::nullopt;
    }
  }
}

void print(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written >= 0)
      text.remove_prefix(static_cast<std::size_t>(written));
    else if (errno != EINTR)
      throw std::runtime_error(std::string("cannot write to standard output: ") + std::strerror(errno));
  }
}

}  // namespace base
