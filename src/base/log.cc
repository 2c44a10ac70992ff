#include "base/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>

#include "base/tally.h"
#include "base/utf8.h"

namespace base {
namespace {

constexpr std::size_t kValueLimit = 512;
constexpr std::array<std::string_view, 4> kLevelNames{"debug", "info", "warning", "error"};

LogLevel least_level = LogLevel::info;
std::int64_t dropped_lines = 0;

bool write_line(const std::string& line) {
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

void append_escaped(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '"' || c == '\\') {
    out.push_back('\\');
    out.push_back(c);
  } else if (byte < 0x20 || byte == 0x7F) {
    constexpr std::string_view kHex = "0123456789abcdef";
    out.append("\\u00").append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
  } else {
    out.push_back(c);
  }
}

/// Bytes of the code point at the front of `text`; 0 when the text does not begin with valid UTF-8.
std::size_t sequence_length(std::string_view text) {
  for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size)
    if (count_code_points(text.substr(0, size)) == 1) return size;
  return 0;
}

}  // namespace

void protect_log() {
  struct stat status {};
  const bool may_block =
      ::fstat(STDERR_FILENO, &status) == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode));
  if (may_block) ::fcntl(STDERR_FILENO, F_SETFL, ::fcntl(STDERR_FILENO, F_GETFL) | O_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &action, nullptr);
}

void set_log_level(LogLevel level) {
  least_level = level;
}

std::string make_json_string(std::string_view text) {
  text = text.substr(0, kValueLimit);
  std::string out = "\"";
  while (!text.empty()) {
    const std::size_t size = sequence_length(text);
    const std::string_view sequence = text.substr(0, size);
    if (size == 1) {
      append_escaped(out, text.front());
    } else if (size == 0 || has_control_character(sequence)) {  // terminals obey U+0080 to U+009F too
      out.append("\\ufffd");
    } else {
      out.append(sequence);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out + '"';
}

std::string make_log_line(Time now, LogLevel level, std::string_view event,
                          std::initializer_list<LogField> fields) {
  std::string line = R"({"time":")" + make_rfc3339(now, true) + R"(","level":")";
  line.append(kLevelNames[static_cast<std::size_t>(level)])
      .append(R"(","event":)")
      .append(make_json_string(event));
  for (const auto& [key, value] : fields) {
    const auto* text = std::get_if<std::string_view>(&value);
    if (text != nullptr && text->empty()) continue;
    line.append(",").append(make_json_string(key)).append(":");
    line.append(text != nullptr ? make_json_string(*text) : std::to_string(std::get<std::int64_t>(value)));
  }
  return line + '}';
}

void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  count_event(event);
  if (level < least_level) return;
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  if (dropped_lines > 0) {
    const std::int64_t dropped = dropped_lines;
    if (write_line(make_log_line(now, LogLevel::warning, "log_lines_dropped", {{"count", dropped}}) + '\n'))
      dropped_lines = 0;
  }
  if (!write_line(make_log_line(now, level, event, fields) + '\n')) ++dropped_lines;
}

}  // namespace base
