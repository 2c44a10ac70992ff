#include "auth/blocklist.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "auth/common_passwords.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/unique_fd.h"
#include "base/utf8.h"

namespace auth {
namespace {

/// The most bytes of a line. Longer passwords are never on a list.
constexpr std::size_t kMostEntry = 128;
constexpr std::size_t kMostListBytes = std::size_t{1} << 30;

bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

std::string_view line_at(std::string_view text, std::size_t position) {
  const auto end = text.find('\n', position);
  return text.substr(position, end == std::string_view::npos ? end : end - position);
}

std::size_t line_start(std::string_view text, std::size_t position) {
  const auto before = position == 0 ? std::string_view::npos : text.rfind('\n', position - 1);
  return before == std::string_view::npos ? 0 : before + 1;
}

[[noreturn]] void fail_to_read(const std::string& path, const std::string& reason) {
  throw std::runtime_error("PASSWORD_BLOCKLIST: cannot read " + base::make_excerpt(path) + ": " + reason +
                           "; name a readable file (a relative path starts at the current directory), or set "
                           "it to builtin or off");
}

[[noreturn]] void fail_at_line(const std::string& path, std::size_t number, const std::string& fault) {
  throw std::runtime_error("PASSWORD_BLOCKLIST: " + path + ":" + std::to_string(number) + ": the line " +
                           fault);
}

/// Reads the whole file. It is not mapped, because a worker would be killed by SIGBUS when somebody truncates
/// a mapped file.
std::string read_file(const std::string& path) {
  const base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) fail_to_read(path, std::strerror(errno));
  if (!S_ISREG(status.st_mode)) fail_to_read(path, "it is not a regular file");
  auto text = base::read_all(file.get(), kMostListBytes);
  if (!text) fail_to_read(path, std::strerror(errno));
  return *std::move(text);
}

/// What is wrong with a line and how to correct it; empty when nothing is. `last` is the line before it.
std::string find_fault(std::string_view line, std::string_view last) {
  if (line.empty()) return "is empty; remove it (grep .)";
  if (line.find('\r') != std::string_view::npos)
    return "has a carriage return; lines must end with a newline alone (tr -d '\\r')";
  if (std::any_of(line.begin(), line.end(), is_capital))
    return "has a capital letter; lines must be in small letters (tr A-Z a-z | LC_ALL=C sort -u)";
  if (line.find('\0') != std::string_view::npos || !base::count_code_points(line))
    return "is not text in UTF-8 and would never match; convert the list (iconv -t UTF-8) and sort it again";
  if (line.size() > kMostEntry)
    return "is longer than " + std::to_string(kMostEntry) +
           " bytes and would never match; remove it, as longer passwords are not looked up";
  if (line < last) return "is out of order; lines must be sorted by bytes (LC_ALL=C sort -u)";
  return {};
}

void require_good_lines(std::string_view text, const std::string& path) {
  std::string_view last;
  std::size_t number = 1;
  for (std::size_t position = 0; position < text.size(); ++number) {
    const auto line = line_at(text, position);
    if (const auto fault = find_fault(line, last); !fault.empty()) fail_at_line(path, number, fault);
    last = line;
    position += line.size() + 1;
  }
}

}  // namespace

Blocklist::Blocklist(const std::string& setting) {
  if (setting == "off") return;
  if (setting == "builtin") {
    text_ = kCommonPasswords;  // a unit test checks its lines
    return;
  }
  file_ = read_file(setting);
  text_ = base::without_byte_order_mark(file_);
  if (text_.empty()) fail_to_read(setting, "it is empty");
  require_good_lines(text_, setting);
}

bool Blocklist::contains(std::string_view password) const {
  if (password.size() > kMostEntry) return false;
  std::array<char, kMostEntry> buffer;
  std::transform(password.begin(), password.end(), buffer.begin(),
                 [](char c) { return is_capital(c) ? static_cast<char>(c - 'A' + 'a') : c; });
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
