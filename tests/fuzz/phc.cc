// Stored hashes: one that is accepted lies within the limit, and is the string that is made of it again.
#include "crypto/password.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  constexpr crypto::Argon2Cost kLimit{1024 * 1024, 64, 16};
  const auto hash = crypto::parse_password_hash(text, kLimit);
  if (!hash) return 0;
  fuzz::require(hash->cost.memory_kib <= kLimit.memory_kib && hash->cost.time <= kLimit.time);
  fuzz::require(hash->cost.parallelism >= 1 && hash->cost.parallelism <= kLimit.parallelism);
  fuzz::require(hash->salt.size() >= 8 && hash->tag.size() >= 16);
  fuzz::require(crypto::make_phc_string(*hash) == text);
  return 0;
}
