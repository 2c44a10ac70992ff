#include "ctl/prompt.h"

#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <optional>

#include "ctl/command.h"

namespace ctl {
namespace {

constexpr std::size_t kMostLine = 4096;

volatile std::sig_atomic_t caught_signal = 0;

void catch_signal(int signal) {
  caught_signal = signal;
}

/// Has the signals by which an operator gives up interrupt a read instead of ending the process, so that the
/// terminal can be set right; raises what was caught at the end.
class SignalCatcher {
 public:
  SignalCatcher() {
    struct sigaction action {};
    action.sa_handler = catch_signal;
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &action, &former_[i]);
  }
  ~SignalCatcher() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) ::sigaction(kSignals[i], &former_[i], nullptr);
    if (caught_signal != 0) static_cast<void>(::raise(caught_signal));
  }
  SignalCatcher(const SignalCatcher&) = delete;
  SignalCatcher& operator=(const SignalCatcher&) = delete;

 private:
  /// All that end or stop a process by default, and that programs send.
  static constexpr std::array kSignals{SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,   SIGTSTP, SIGUSR1,
                                       SIGUSR2, SIGALRM, SIGPIPE, SIGVTALRM, SIGPROF, SIGIO};
  std::array<struct sigaction, kSignals.size()> former_{};
};

/// Turns the echo of standard input off, and on again at its end.
class NoEcho {
 public:
  NoEcho() {
    if (::tcgetattr(STDIN_FILENO, &former_) != 0) return;
    auto silent = former_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    is_set_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0;
    if (!is_set_)
      throw Refusal("the terminal cannot hide what is typed; give the password on standard input");
  }
  ~NoEcho() {
    if (!is_set_) return;
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &former_);
    std::cerr << '\n';
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios former_{};
  bool is_set_ = false;
};

/// One line of standard input without its end; nothing at the end of the input, or when a signal came. Reads
/// byte by byte, so that what follows is left for others.
std::optional<base::Secret> read_line() {
  base::Secret line;
  std::string bytes;
  bytes.reserve(kMostLine);
  for (char c = 0;;) {
    const auto count = ::read(STDIN_FILENO, &c, 1);
    if (count < 0 && errno == EINTR && caught_signal == 0) continue;
    if (count < 0 || (count == 0 && bytes.empty())) {
      base::wipe(bytes.data(), bytes.size());
      return std::nullopt;
    }
    if (count == 0 || c == '\n') break;
    if (bytes.size() == kMostLine) {
      base::wipe(bytes.data(), bytes.size());
      throw Refusal("the line on standard input is longer than " + std::to_string(kMostLine) + " bytes");
    }
    bytes += c;
  }
  if (bytes.ends_with('\r')) bytes.pop_back();
  return base::Secret(std::move(bytes));
}

base::Secret read_hidden(const std::string& question) {
  const SignalCatcher signals;
  std::cerr << question << std::flush;
  const NoEcho silence;
  auto line = read_line();
  if (!line) throw Refusal("no password was given; nothing was changed");
  return std::move(*line);
}

}  // namespace

base::Secret read_password(std::string_view what) {
  if (::isatty(STDIN_FILENO) != 1) {
    auto line = read_line();
    if (!line)
      throw Refusal("there is no password on standard input: give it as one line, or use --generate");
    return std::move(*line);
  }
  auto first = read_hidden(std::string(what) + ": ");
  const auto second = read_hidden(std::string(what) + ", once more: ");
  if (first.view() != second.view()) throw Refusal("the two passwords differ; nothing was changed");
  return first;
}

bool ask(std::string_view question, std::string_view answer) {
  std::cerr << question << std::flush;
  const auto line = read_line();
  return line && line->view() == answer;
}

}  // namespace ctl
