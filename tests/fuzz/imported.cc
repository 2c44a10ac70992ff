// Hashes of other programs: one that is accepted can be computed, and has no password that ends in a NUL
// byte.
#include "crypto/imported_password.h"
#include "fuzz.h"

namespace {

/// What the input goes on from, so that what is computed is cheap; the first one is not computed.
constexpr std::string_view kFronts[] = {"",    "$2b$04$", "$y$j75$", "$5$rounds=1000$", "$6$rounds=1000$",
                                        "$1$", "$apr1$",  "{SHA}",   "pbkdf2_sha256$1$"};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto front = kFronts[data[0] % std::size(kFronts)];
  const auto stored = std::string(front) + std::string(fuzz::text_of(data + 1, size - 1));
  const auto fault = crypto::find_imported_fault(stored);
  fuzz::require(!fault || !fault->empty());
  if (front.empty() || fault) return 0;
  crypto::matches_imported("purple kites", stored);
  fuzz::require(!crypto::matches_imported(std::string_view("x\0", 2), stored));
  return 0;
}
