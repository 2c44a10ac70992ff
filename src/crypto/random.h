// Random bytes from OpenSSL, checked.
#pragma once

#include <cstddef>
#include <span>

namespace crypto {

/// Fills `out` from the process's CSPRNG, which reseeds after a fork. Throws runtime_error when it fails:
/// there is no second-best source (ASVS A11.5.1).
void fill_random(std::span<std::byte> out);

}  // namespace crypto
