#include "ctl/accounts/mail.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "base/email.h"
#include "base/file.h"
#include "base/text.h"
#include "base/utf8.h"
#include "ctl/command.h"

namespace ctl {
namespace {

constexpr std::size_t kMostMessage = 1 << 20;
constexpr int kNotStarted = 127;  // as shells have it
/// Says that the message before it is whole: a message has no NUL.
constexpr char kWhole = '\0';

/// What the program for mail gets of the environment: nothing that could hold a secret.
constexpr std::array kPassedOn{"HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "TZ", "USER"};
constexpr const char* kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// RFC 5322, 3.3. The names are those of English, whatever the locale.
std::string make_date(base::Time time) {
  const std::time_t seconds =
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const auto size = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S +0000", &parts);
  return {text.data(), size};
}

std::vector<std::string> make_environment() {
  std::vector<std::string> environment{kPath};
  for (const auto* name : kPassedOn)
    if (const char* value = std::getenv(name)) environment.push_back(std::string(name) + "=" + value);
  return environment;
}

/// Views for execve(), with the null pointer at their end.
std::vector<char*> make_vector(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> split_command(const base::Settings& settings) {
  const auto words = base::split(settings.mail_command, ' ');
  return {words.begin(), words.end()};
}

/// Makes standard input give the message, and standard output lead to standard error.
bool redirect(std::string_view message) {
  const base::UniqueFd file(::memfd_create("mail", MFD_CLOEXEC));
  return file &&
         ::write(file.get(), message.data(), message.size()) == static_cast<ssize_t>(message.size()) &&
         ::lseek(file.get(), 0, SEEK_SET) == 0 && ::dup2(file.get(), STDIN_FILENO) == STDIN_FILENO &&
         ::dup2(STDERR_FILENO, STDOUT_FILENO) == STDOUT_FILENO;
}

/// The process that waits for the message. Without a whole one, it ends and nothing has happened.
[[noreturn]] void await_message(int pipe, const base::Settings& settings) {
  const auto message = base::read_all(pipe, kMostMessage);
  if (!message || message->empty() || message->back() != kWhole) ::_exit(0);
  auto words = split_command(settings);
  auto environment = make_environment();
  if (redirect(std::string_view(*message).substr(0, message->size() - 1)))
    ::execve(words.front().c_str(), make_vector(words).data(), make_vector(environment).data());
  static_cast<void>(std::fprintf(stderr, "sessionctl: cannot run %s: %s\n",
                                 base::make_excerpt(words.front()).c_str(), std::strerror(errno)));
  ::_exit(kNotStarted);
}

bool write_all(int pipe, std::string_view text) {
  while (!text.empty()) {
    const auto count = ::send(pipe, text.data(), text.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void require_program(const base::Settings& settings) {
  if (settings.mail_command.empty())
    throw Refusal("there is no program for mail: set MAIL_COMMAND, such as to /usr/sbin/sendmail -t");
  const auto program = split_command(settings).front();
  if (::access(program.c_str(), X_OK) != 0)
    throw std::runtime_error("MAIL_COMMAND: cannot run " + base::make_excerpt(program) + ": " +
                             std::strerror(errno));
}

std::string describe_end(int status) {
  if (WIFSIGNALED(status)) return "was killed by signal " + std::to_string(WTERMSIG(status));
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

base::Secret make_message(std::string_view from, const Mail& mail, base::Time now) {
  if (!base::is_email(mail.to))
    throw Refusal(quote(mail.to) + " is no address for mail; see: sessionctl user rename --help");
  if (base::has_control_character(mail.subject)) throw Refusal("the subject of a mail is one line");
  std::string head;
  if (!from.empty()) head.append("From: ").append(from) += '\n';
  head.append("To: ").append(mail.to).append("\nSubject: ").append(mail.subject) += '\n';
  head.append("Date: ").append(make_date(now)) += '\n';
  head +=
      "MIME-Version: 1.0\n"
      "Content-Type: text/plain; charset=utf-8\n"
      "Content-Transfer-Encoding: 8bit\n"
      "Auto-Submitted: auto-generated\n"  // so that no machine answers (RFC 3834)
      "\n";
  head.reserve(head.size() + mail.text.size());  // so that no other copy of the text is left
  head.append(mail.text);
  return base::Secret(std::move(head));
}

Mailer::Mailer(const base::Settings& settings) : settings_(settings) {
  require_program(settings);
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw std::runtime_error(std::string("cannot make a pipe: ") + std::strerror(errno));
  pipe_.reset(ends[0]);
  const base::UniqueFd other(ends[1]);
  process_ = ::fork();
  if (process_ < 0) throw std::runtime_error(std::string("cannot make a process: ") + std::strerror(errno));
  if (process_ > 0) return;
  pipe_.reset();
  await_message(other.get(), settings);
}

Mailer::~Mailer() {
  if (process_ > 0) finish();
}

/// Closes the pipe, and returns how the process has ended.
int Mailer::finish() {
  pipe_.reset();
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) continue;
  process_ = 0;
  return status;
}

void Mailer::send(const Mail& mail) {
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const auto message = make_message(settings_.mail_from, mail, now);
  const bool written =
      write_all(pipe_.get(), message.view()) && write_all(pipe_.get(), std::string_view(&kWhole, 1));
  const int status = finish();
  if (!written || status != 0)
    throw std::runtime_error("the mail was not sent: " + split_command(settings_).front() + " " +
                             describe_end(status));
}

}  // namespace ctl
