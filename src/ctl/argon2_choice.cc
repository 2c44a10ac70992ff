#include "ctl/argon2_choice.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/config.h"

namespace ctl {
namespace {

constexpr std::uint32_t kLeastPasses = 2;
constexpr std::uint32_t kMostPasses = 1000;  // as ARGON2_TIME

/// In KiB, from OWASP's minimum to where more helps no longer.
constexpr std::array<std::int64_t, 8> kMemories{
    base::kLeastArgon2Kib, 32768, 47104, 65536, 131072, 262144, 524288, 1048576};

MeasuredCost measure_cost(std::int64_t kib, std::uint32_t passes, const MeasureHash& measure) {
  const crypto::Argon2Cost cost{static_cast<std::uint32_t>(kib), passes, 1};
  return {cost, measure(cost)};
}

/// As many passes as fit, by what two took; measured once more, because passes differ.
MeasuredCost add_passes(const MeasuredCost& two, double seconds, const MeasureHash& measure) {
  const double fitting = std::floor(kLeastPasses * seconds / two.seconds);
  const auto passes = static_cast<std::uint32_t>(std::clamp<double>(fitting, kLeastPasses, kMostPasses));
  for (std::uint32_t count = passes; count > kLeastPasses; --count) {
    const auto measured = measure_cost(two.cost.memory_kib, count, measure);
    if (measured.seconds <= seconds || passes - count == 3) return measured;
  }
  return two;
}

}  // namespace

std::optional<MeasuredCost> choose_cost(const HashingWish& wish, const MeasureHash& measure) {
  if (wish.kib_per_worker < kMemories.front()) return std::nullopt;
  auto best = measure_cost(kMemories.front(), kLeastPasses, measure);
  if (best.seconds > wish.seconds) return best;
  for (const auto kib : kMemories) {
    if (kib <= best.cost.memory_kib) continue;
    if (kib > wish.kib_per_worker) break;
    const auto next = measure_cost(kib, kLeastPasses, measure);
    if (next.seconds > wish.seconds) break;
    best = next;
  }
  return add_passes(best, wish.seconds, measure);
}

}  // namespace ctl
