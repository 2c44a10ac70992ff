// How a running master takes new settings or a new version: it has the program try them beside the service
// (sessiond -t), and becomes that program when it could serve. Its process and its sockets stay the same.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.h"
#include "server/handover.h"

namespace server {

/// How this program was called.
struct Call {
  char** arguments;           ///< argv of main(), ended by nullptr.
  std::string settings_file;  ///< That of -f; empty without it.
};

/// What a trial says when the program could serve.
inline constexpr std::string_view kTrialPassed = "settings are valid";

/// One renewal at a time. All signals must be blocked in the process, so that those that come meanwhile are
/// there for the new program.
class Renewal {
 public:
  explicit Renewal(const Call& call);

  /// Asks for a renewal: SIGHUP for the same program with the settings as they are now, SIGUSR2 for the
  /// program that is now in the file from which this one was started. While a trial runs, it is done once
  /// more afterwards. SIGUSR2 has all that SIGHUP asks for, so SIGHUP takes nothing from it.
  void request(int signal) {
    if (requested_ != SIGUSR2) requested_ = signal;
  }

  /// Whether a trial runs.
  bool is_trying() const { return trial_ != 0; }

  /// Begins the trial that was requested, if none runs; kills one that lasts too long.
  void advance();

  /// To be told of each child that has ended. True when it was the trial and the program could serve, and
  /// nothing was requested since: then take_over() is to be called. Logs why not.
  bool succeeded(pid_t child, int status);

  /// Becomes the program. Returns only when that fails, which it logs.
  void take_over(const Handover& handover);

 private:
  void begin();
  bool is_last_word();
  [[noreturn]] void run_trial(int output) const;
  std::string path() const;
  std::string read_reason();

  Call call_;
  std::string program_;          ///< The file of the program, by the name under which it was called.
  int requested_ = 0;            ///< The signal of a renewal that has not begun; 0 for none.
  int signal_ = 0;               ///< That of the trial that runs, or was the last.
  pid_t trial_ = 0;              ///< 0: none runs.
  std::int64_t overdue_at_ = 0;  ///< In milliseconds of base::monotonic_ms().
  base::UniqueFd output_;        ///< What the trial says.
};

}  // namespace server
