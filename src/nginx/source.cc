#include "nginx/source.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/file.h"
#include "base/unique_fd.h"
#include "nginx/config.h"

namespace nginx {
namespace {

constexpr std::array kPrograms{"nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx"};

/// Owns what posix_spawn is told to do with descriptors: both outputs of the program go to the pipe.
class Outputs {
 public:
  explicit Outputs(int pipe) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, pipe, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, pipe, STDERR_FILENO);
  }
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;
  ~Outputs() { ::posix_spawn_file_actions_destroy(&actions_); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// Starts the first program that there is; 0 or the error of the last one.
int start_nginx(int pipe, pid_t& process) {
  const Outputs outputs(pipe);
  std::array name{'n', 'g', 'i', 'n', 'x', '\0'};
  std::array option{'-', 'T', '\0'};
  const std::array<char*, 3> arguments{name.data(), option.data(), nullptr};
  int error = ENOENT;
  for (const auto* program : kPrograms) {
    error = ::posix_spawnp(&process, program, outputs.get(), nullptr, arguments.data(), environ);
    if (error != ENOENT) break;
  }
  return error;
}

/// The line in which nginx says why it stops; its first one when none does.
std::string_view find_reason(std::string_view text) {
  const auto mark = text.find("[emerg]");
  const auto begin = mark == std::string_view::npos ? 0 : text.rfind('\n', mark) + 1;
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::string describe_failure(std::string_view text) {
  std::string fault = "nginx -T failed: ";
  fault.append(text.empty() ? "it said nothing" : find_reason(text));
  if (::geteuid() != 0)
    fault += " (only root may read all that nginx reads; as root, nginx -T | sessionctl check-nginx -)";
  return fault;
}

bool ended_well(pid_t process) {
  int status = 0;
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

Text read_text(int descriptor) {
  if (auto text = base::read_all(descriptor, kMostBytes)) return {std::move(*text), {}};
  if (errno == EFBIG) return {{}, "more than 32 MiB: this is not the output of nginx -T"};
  return {{}, std::string("cannot read the text: ") + std::strerror(errno)};
}

Text ask_nginx() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return {{}, std::string("cannot make a pipe: ") + std::strerror(errno)};
  base::UniqueFd reader(ends[0]), writer(ends[1]);
  pid_t process = 0;
  if (const int error = start_nginx(writer.get(), process); error != 0)
    return {{},
            std::string("cannot run nginx: ") + std::strerror(error) +
                "; where it runs elsewhere, nginx -T | sessionctl check-nginx -"};
  writer.reset();
  auto result = read_text(reader.get());
  reader.reset();
  const bool good = ended_well(process);
  if (!good && result.fault.empty()) return {{}, describe_failure(result.text)};
  return result;
}

}  // namespace nginx
