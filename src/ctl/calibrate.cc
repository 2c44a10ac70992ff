// The command calibrate: what password hashes cost on this machine, and the settings that fit. It hashes in
// as many processes at once as the service has workers for it, as nice as those, and asks no database.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "base/pools.h"
#include "base/text.h"
#include "base/unique_fd.h"
#include "crypto/password.h"
#include "ctl/argon2_choice.h"
#include "ctl/machine.h"
#include "ctl/verbs.h"

namespace ctl {
namespace {

constexpr std::string_view kSample = "the password of nobody, for measuring";
constexpr int kHashes = 3;   ///< That are measured.
constexpr double kLong = 1;  ///< Seconds.
constexpr std::int64_t kUsualMilliseconds = 250;
constexpr std::int64_t kMostMilliseconds = 5000;  // the service drops a login that waits for 8 s
constexpr std::int64_t kUsualShare = 4;           ///< Without --memory, a quarter of what there is.

struct Pipe {
  base::UniqueFd out;
  base::UniqueFd in;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
  return {base::UniqueFd(ends[0]), base::UniqueFd(ends[1])};
}

double seconds_of(crypto::PasswordHasher& hasher) {
  const auto begin = std::chrono::steady_clock::now();
  hasher.hash(kSample);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// What a hash takes while others hash: the median of some, or the first one where that takes long. That
/// first one gets the memory, too, which workers have already.
double measure_hash(const crypto::Argon2Cost& cost, int start) {
  crypto::PasswordHasher hasher(cost);
  const double first = seconds_of(hasher);
  if (first > kLong) return first;
  char nothing = 0;
  while (::read(start, &nothing, 1) < 0 && errno == EINTR) continue;
  std::array<double, kHashes> taken{};
  for (double& seconds : taken) seconds = seconds_of(hasher);
  std::sort(taken.begin(), taken.end());
  return taken[kHashes / 2];
}

/// In a process of its own, as a worker: waits until all are ready, and writes what a hash takes.
[[noreturn]] void run_worker(const crypto::Argon2Cost& cost, int start, int result) {
  ::setpriority(PRIO_PROCESS, 0, base::pool_row(base::Pool::password).niceness);
  try {
    const double seconds = measure_hash(cost, start);
    if (::write(result, &seconds, sizeof seconds) == sizeof seconds) ::_exit(0);
  } catch (const std::exception&) {  // NOLINT: the parent gets no result, and says so
  }
  ::_exit(1);
}

/// The seconds of a hash with so many at once: the median of the processes.
double measure_together(const crypto::Argon2Cost& cost, std::int64_t workers) {
  Pipe start = make_pipe();
  Pipe result = make_pipe();
  for (std::int64_t i = 0; i < workers; ++i) {
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
    if (child > 0) continue;
    start.in = base::UniqueFd();
    run_worker(cost, start.out.get(), result.in.get());
  }
  start.in = base::UniqueFd();  // all of them see the end of the pipe, and begin
  result.in = base::UniqueFd();
  std::vector<double> taken;
  for (double seconds = 0; ::read(result.out.get(), &seconds, sizeof seconds) == sizeof seconds;)
    taken.push_back(seconds);
  for (std::int64_t i = 0; i < workers; ++i) ::wait(nullptr);
  if (std::ssize(taken) != workers)
    throw Refusal("hashes with " + std::to_string(cost.memory_kib) + " KiB could not be computed by " +
                  std::to_string(workers) + " processes at once: memory is short; give less with --memory");
  std::sort(taken.begin(), taken.end());
  return taken[taken.size() / 2];
}

/// `512M` or `2G` in KiB.
std::int64_t parse_memory(std::string_view text) {
  const auto number = text.empty() ? std::nullopt : base::parse_number(text.substr(0, text.size() - 1));
  if (number && *number > 0 && *number <= 1'000'000 && text.ends_with('M')) return *number * 1024;
  if (number && *number > 0 && *number <= 1000 && text.ends_with('G')) return *number * 1024 * 1024;
  throw WrongUsage("--memory needs a number with M or G, such as 512M, and not " + quote(text));
}

std::int64_t parse_count(const Arguments& arguments, std::string_view option, std::int64_t most) {
  const auto number = base::parse_number(*arguments.value(option));
  if (number && *number > 0 && *number <= most) return *number;
  throw WrongUsage("--" + std::string(option) + " needs a number from 1 to " + std::to_string(most));
}

double find_seconds(const Arguments& arguments, std::int64_t workers) {
  if (arguments.has("milliseconds") && arguments.has("logins-per-second"))
    throw WrongUsage("calibrate: give --milliseconds or --logins-per-second, not both");
  if (arguments.has("logins-per-second"))
    return static_cast<double>(workers) /
           static_cast<double>(parse_count(arguments, "logins-per-second", 100000));
  const auto wanted = arguments.has("milliseconds")
                          ? parse_count(arguments, "milliseconds", kMostMilliseconds)
                          : kUsualMilliseconds;
  return static_cast<double>(wanted) / 1000;
}

std::int64_t find_budget(const Arguments& arguments) {
  if (const auto text = arguments.value("memory")) return parse_memory(*text);
  const auto memory = find_memory(0);
  if (memory.bytes == 0) throw Refusal("this machine does not say how much memory it has; give --memory");
  return memory.bytes / 1024 / kUsualShare;
}

Record make_record(const MeasuredCost& chosen, std::int64_t workers) {
  const auto milliseconds = static_cast<std::int64_t>(std::llround(1000 * chosen.seconds));
  const auto rate = static_cast<std::int64_t>(static_cast<double>(workers) / chosen.seconds);
  Record record;
  record.add("ARGON2_MEMORY_KIB", std::int64_t{chosen.cost.memory_kib});
  record.add("ARGON2_TIME", std::int64_t{chosen.cost.time});
  record.add("ARGON2_PARALLELISM", std::int64_t{chosen.cost.parallelism});
  record.add("PASSWORD_WORKERS", workers);
  record.add("milliseconds", milliseconds).add("logins_per_second", rate);
  record.add("memory_mib", workers * chosen.cost.memory_kib / 1024);
  return record;
}

}  // namespace

int calibrate(Desk& desk, const Arguments& arguments) {
  const auto workers =
      arguments.has("workers") ? parse_count(arguments, "workers", 256) : desk.settings().password_workers;
  const auto budget = find_budget(arguments);
  const HashingWish wish{find_seconds(arguments, workers), budget / workers};
  const auto chosen =
      choose_cost(wish, [&](const crypto::Argon2Cost& cost) { return measure_together(cost, workers); });
  if (!chosen)
    throw Refusal(std::to_string(workers) + " workers need " +
                  std::to_string(workers * base::kLeastArgon2Kib / 1024 + 1) +
                  " MiB for the least cost that is safe, and the budget is " + std::to_string(budget / 1024) +
                  " MiB: give more with --memory, or fewer --workers");
  desk.print(make_record(*chosen, workers));
  if (chosen->seconds <= wish.seconds) return kDone;
  throw Refusal("the least cost that is safe takes longer than wished on this machine, with " +
                std::to_string(workers) + " hashes at once; it is what is printed");
}

}  // namespace ctl
