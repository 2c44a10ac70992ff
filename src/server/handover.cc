#include "server/handover.h"

#include <unistd.h>

#include <cstdlib>
#include <limits>
#include <stdexcept>

#include "base/text.h"

namespace server {
namespace {

constexpr const char* kVariable = "SESSIOND_HANDOVER";
constexpr std::string_view kMade = "made";
constexpr std::string_view kInherited = "inherited";
/// The number of this form, so that a later program can tell it from one of its own. Each program reads the
/// forms of the versions from which it can be upgraded.
constexpr std::string_view kForm = "1";
constexpr std::size_t kProcess = 1;
constexpr std::size_t kOrigin = 2;
constexpr std::size_t kFirstSocket = 3;
constexpr std::size_t kFirstWorker = kFirstSocket + base::kPools.size();

[[noreturn]] void refuse() {
  throw std::runtime_error(
      std::string(kVariable) +
      " in the environment is malformed, or of a version that this program cannot follow; only a "
      "running service sets it, so unset it");
}

int require_number(std::string_view text) {
  const auto number = base::parse_number(text);
  if (!number || *number > std::numeric_limits<int>::max()) refuse();
  return static_cast<int>(*number);
}

}  // namespace

std::string format_handover(const Handover& handover, pid_t self) {
  std::string text(kForm);
  text.append(" ").append(std::to_string(self));
  text.append(" ").append(handover.made ? kMade : kInherited);
  for (const int socket : handover.sockets) text.append(" ").append(std::to_string(socket));
  for (const pid_t worker : handover.workers) text.append(" ").append(std::to_string(worker));
  return text;
}

std::optional<Handover> parse_handover(std::string_view text, pid_t self) {
  const auto words = base::split(text, ' ');
  if (words.size() < kFirstWorker || words[0] != kForm) refuse();
  if (words[kOrigin] != kMade && words[kOrigin] != kInherited) refuse();
  if (require_number(words[kProcess]) != self) return std::nullopt;
  Handover handover{.made = words[kOrigin] == kMade, .sockets = {}, .workers = {}};
  for (std::size_t i = 0; i < handover.sockets.size(); ++i)
    handover.sockets[i] = require_number(words[kFirstSocket + i]);
  for (std::size_t i = kFirstWorker; i < words.size(); ++i)
    handover.workers.push_back(require_number(words[i]));
  return handover;
}

void leave_handover(const Handover& handover) {
  ::setenv(kVariable, format_handover(handover, ::getpid()).c_str(), 1);
}

std::optional<Handover> take_handover() {
  const char* text = ::getenv(kVariable);
  if (text == nullptr) return std::nullopt;
  auto handover = parse_handover(text, ::getpid());
  ::unsetenv(kVariable);
  return handover;
}

}  // namespace server
