#include "base/file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "base/secret.h"

namespace base {

namespace {

constexpr std::size_t kFirstRoom = 65536;

/// Doubles the room. No copy of the text stays behind where it was.
void grow(std::string& room) {
  std::string larger(std::max(kFirstRoom, 2 * room.size()), '\0');
  std::copy(room.begin(), room.end(), larger.begin());
  wipe(room.data(), room.size());
  room.swap(larger);
}

}  // namespace

std::optional<std::string> read_all(int descriptor, std::size_t most) {
  std::string text;
  std::size_t size = 0;
  for (;;) {
    if (size == text.size()) grow(text);
    const auto count = ::read(descriptor, text.data() + size, text.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    size += static_cast<std::size_t>(count);
    if (size > most) {
      errno = EFBIG;
      return std::nullopt;
    }
    if (count > 0) continue;
    text.resize(size);
    return text;
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
