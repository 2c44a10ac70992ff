// The structured log on standard error: each line is one JSON object, written by one write(2).
// Values are escaped here, whatever they contain. Callers must never pass secrets.
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

/// Keeps a log reader that stalls or dies from stopping the service: ignores SIGPIPE, and makes standard
/// error non-blocking when it is a pipe or a socket. To be called once, at the start of a service.
void protect_log();

/// Lines below this level are not written. The default is info.
void set_log_level(LogLevel level);

/// Counts the event (tally.h), and writes one line unless it is below the level: time, level, event, then the
/// fields, without those whose text is empty. A line that cannot be written is dropped and counted; the count
/// is logged when writing works again. Throws bad_alloc only.
void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields = {});

/// The line that log_event() writes, without the newline. Pure, so that tests can check it.
std::string make_log_line(Time now, LogLevel level, std::string_view event,
                          std::initializer_list<LogField> fields);

/// The first 512 bytes of `text` as a JSON string with its quotes. ASCII control characters, quotes and
/// backslashes are escaped; bytes that are not UTF-8 and the control characters U+0080 to U+009F become
/// U+FFFD.
std::string make_json_string(std::string_view text);

}  // namespace base
