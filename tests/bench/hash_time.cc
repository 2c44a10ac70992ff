// Prints the seconds that one argon2id hash takes alone, in fresh memory: the median of COUNT hashes.
// The reference of the login rate in scripts/bench. Usage: hash_time MEMORY_KIB TIME PARALLELISM COUNT
#include <argon2.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

namespace {

std::uint32_t parse_number(const char* text) {
  return static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

/// Seconds of one hash; ends the program when libargon2 refuses.
double time_one_hash(std::uint32_t memory_kib, std::uint32_t passes, std::uint32_t lanes) {
  constexpr std::string_view kPassword = "right password 1";
  constexpr std::string_view kSalt = "sixteen bytes ok";
  std::array<unsigned char, 32> tag{};
  const auto begin = std::chrono::steady_clock::now();
  const int code = ::argon2id_hash_raw(passes, memory_kib, lanes, kPassword.data(), kPassword.size(), kSalt.data(),
                                       kSalt.size(), tag.data(), tag.size());
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  if (code != ARGON2_OK) {
    std::fprintf(stderr, "hash_time: %s\n", ::argon2_error_message(code));
    std::exit(1);
  }
  return taken.count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: hash_time MEMORY_KIB TIME PARALLELISM COUNT\n", stderr);
    return 2;
  }
  std::vector<double> times(std::max<std::uint32_t>(1, parse_number(argv[4])));
  for (double& time : times) time = time_one_hash(parse_number(argv[1]), parse_number(argv[2]), parse_number(argv[3]));
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  std::printf("%.6f\n", *middle);
  return 0;
}
