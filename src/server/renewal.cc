#include "server/renewal.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "server/listen.h"

namespace server {
namespace {

using base::LogLevel;

/// The program of this process, even if its file was replaced or removed.
constexpr const char* kThisProgram = "/proc/self/exe";
/// In milliseconds; a connection to the database takes at most a few seconds.
constexpr std::int64_t kTrialLimit = 30000;
constexpr std::size_t kMostReason = 4096;
constexpr std::string_view kPrefix = "sessiond: ";

/// The file from which the program was started. A name without a slash was found in PATH.
std::string find_program(const char* name) {
  if (std::string_view(name).find('/') != std::string_view::npos) return name;
  std::array<char, PATH_MAX> target{};
  const auto size = ::readlink(kThisProgram, target.data(), target.size());
  return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : kThisProgram;
}

std::string_view name_of(int signal) {
  return signal == SIGHUP ? "SIGHUP" : "SIGUSR2";
}

}  // namespace

Renewal::Renewal(const Call& call) : call_(call), program_(find_program(call.arguments[0])) {
  ::prctl(PR_SET_NAME, "sessiond");  // Linux calls a program after its file, also after kThisProgram
}

std::string Renewal::path() const {
  return signal_ == SIGHUP ? kThisProgram : program_;
}

void Renewal::advance() {
  if (trial_ != 0 && base::monotonic_ms() > overdue_at_) {
    ::kill(trial_, SIGKILL);
    overdue_at_ = base::monotonic_ms() + kTrialLimit;
  }
  if (trial_ == 0 && requested_ != 0) begin();
}

void Renewal::begin() {
  signal_ = std::exchange(requested_, 0);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    base::log_event(LogLevel::error, "renewal_refused",
                    {{"signal", name_of(signal_)}, {"reason", ::strerror(errno)}});
    return;
  }
  output_.reset(ends[0]);
  const base::UniqueFd writing(ends[1]);
  overdue_at_ = base::monotonic_ms() + kTrialLimit;
  trial_ = ::fork();
  if (trial_ == 0) run_trial(writing.get());
  if (trial_ > 0) return;
  trial_ = 0;
  base::log_event(LogLevel::error, "renewal_refused",
                  {{"signal", name_of(signal_)}, {"reason", ::strerror(errno)}});
}

/// In the process of the trial.
void Renewal::run_trial(int output) const {
  const std::string file = path();
  std::string test = "-t";
  std::string option = "-f";
  std::string name = call_.settings_file;
  std::vector<char*> arguments{call_.arguments[0], test.data()};
  if (!name.empty()) arguments.insert(arguments.end(), {option.data(), name.data()});
  arguments.push_back(nullptr);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  inherit_as_parent();
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execv(file.c_str(), arguments.data());
  ::dprintf(STDERR_FILENO, "%s cannot be run: %s\n", file.c_str(), ::strerror(errno));
  ::_exit(127);
}

/// Whether nothing was requested since the trial, which has succeeded, began. A new program that was tried is
/// tried once more together with what was requested.
bool Renewal::is_last_word() {
  if (requested_ != 0) request(signal_);
  return requested_ == 0;
}

bool Renewal::succeeded(pid_t child, int status) {
  if (trial_ == 0 || child != trial_) return false;
  trial_ = 0;
  const auto reason = read_reason();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && reason.find(kTrialPassed) != std::string::npos)
    return is_last_word();
  base::log_event(LogLevel::error, "renewal_refused",
                  {{"signal", name_of(signal_)},
                   {"reason", reason.empty() ? "the program said nothing" : std::string_view(reason)},
                   {WIFSIGNALED(status) ? "ended_by_signal" : "code",
                    std::int64_t{WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status)}},
                   {"advice", "the service goes on as it was; correct that and send the signal again"}});
  return false;
}

/// What the trial has said, without the name of the program before each sentence.
std::string Renewal::read_reason() {
  std::string text(kMostReason, '\0');
  const auto size = ::read(output_.get(), text.data(), text.size());
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  output_.reset();
  std::vector<std::string> sentences;
  for (const auto line : base::split(text, '\n'))
    sentences.emplace_back(line.starts_with(kPrefix) ? line.substr(kPrefix.size()) : line);
  return base::join(sentences, "; ");
}

void Renewal::take_over(const Handover& handover) {
  base::log_event(LogLevel::info, "service_renewing", {{"signal", name_of(signal_)}});
  leave_handover(handover);
  // The new program finds the file by this, where the name was found in PATH and the file may be replaced.
  call_.arguments[0] = program_.data();
  ::execv(path().c_str(), call_.arguments);
  const int error = errno;
  take_handover();
  base::log_event(LogLevel::error, "renewal_refused",
                  {{"signal", name_of(signal_)}, {"reason", ::strerror(error)}});
}

}  // namespace server
