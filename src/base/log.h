// The structured log: one JSON object a line on stderr, one write(2) a line.
// Values are escaped here, whatever they contain; secrets must never be given to it.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/config.h"

namespace base {

/// One member of a log line. Ids are written as strings, as in the API.
struct LogField {
  std::string_view key;
  std::variant<std::string_view, std::int64_t> value;
};

/// To be called once by a service: a log reader that stalls or dies must not stop it. Sets standard error to
/// non-blocking when it is a pipe or socket, and ignores SIGPIPE.
void protect_log();

/// Lines below this level are left out. The default is info.
void set_log_level(LogLevel level);

/// Writes one line: time, level, event, then the fields; empty texts are left out. Never throws. A line that
/// cannot be written is dropped and counted; the count is logged when writing works again.
void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

/// The line that log_event writes, without its end: pure, for tests.
std::string make_log_line(Time now, LogLevel level, std::string_view event,
                          std::initializer_list<LogField> fields);

/// `text` as a JSON string with quotes: control characters, quotes, backslashes and bytes that are not
/// UTF-8 (as U+FFFD) escaped; cut to 512 bytes.
std::string make_json_string(std::string_view text);

}  // namespace base
