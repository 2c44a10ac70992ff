#include "auth/blocklist.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include "base/secret.h"
#include "base/unique_fd.h"

namespace auth {
namespace {

/// Longer passwords are on no list.
constexpr std::size_t kMostEntry = 128;

std::string_view line_at(std::string_view text, std::size_t position) {
  const auto end = text.find('\n', position);
  return text.substr(position, end == std::string_view::npos ? end : end - position);
}

std::size_t line_start(std::string_view text, std::size_t position) {
  const auto before = position == 0 ? std::string_view::npos : text.rfind('\n', position - 1);
  return before == std::string_view::npos ? 0 : before + 1;
}

/// Opens a file for reading; a relative path also stands for one beside the directory of the program, so that
/// a build serves from wherever it is started.
base::UniqueFd open_list(const std::string& path) {
  base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file || path.starts_with('/')) return file;
  const auto program = std::filesystem::read_symlink("/proc/self/exe");
  const auto beside = program.parent_path().parent_path() / path;
  return base::UniqueFd(::open(beside.c_str(), O_RDONLY | O_CLOEXEC));
}

}  // namespace

Blocklist::Blocklist(const std::string& path) {
  if (path == "off") return;
  const auto file = open_list(path);
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0)
    throw std::runtime_error("PASSWORD_BLOCKLIST: cannot read " + path + ": " + std::strerror(errno) +
                             "; name a file, or set it to off");
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;
  pages_ = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, file.get(), 0);
  if (pages_ == MAP_FAILED)
    throw std::runtime_error("PASSWORD_BLOCKLIST: cannot map " + path + ": " + std::strerror(errno));
  text_ = {static_cast<const char*>(pages_), size_};
  require_sorted(path);
}

Blocklist::~Blocklist() {
  if (size_ != 0) ::munmap(pages_, size_);
}

void Blocklist::require_sorted(const std::string& path) const {
  std::string_view last;
  std::size_t number = 1;
  for (std::size_t position = 0; position < text_.size(); ++number) {
    const auto line = line_at(text_, position);
    if (line < last || std::any_of(line.begin(), line.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
      throw std::runtime_error("PASSWORD_BLOCKLIST: " + path + ":" + std::to_string(number) +
                               ": lines must be in small letters and sorted by bytes (LC_ALL=C sort -u)");
    last = line;
    position += line.size() + 1;
  }
}

bool Blocklist::contains(std::string_view password) const {
  if (password.size() > kMostEntry) return false;
  std::array<char, kMostEntry> buffer;
  std::transform(password.begin(), password.end(), buffer.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const std::string_view wanted(buffer.data(), password.size());
  std::size_t low = 0;
  std::size_t high = text_.size();
  bool found = false;
  while (low < high && !found) {
    const auto start = line_start(text_, low + (high - low) / 2);
    const auto line = line_at(text_, start);
    found = line == wanted;
    if (line < wanted)
      low = start + line.size() + 1;
    else
      high = start;
  }
  base::wipe(buffer.data(), password.size());
  return found;
}

}  // namespace auth
