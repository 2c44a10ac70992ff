// Random bytes from OpenSSL.
#pragma once

#include <cstddef>
#include <span>

namespace crypto {

/// Fills `out` from OpenSSL's CSPRNG, which reseeds itself after a fork. Throws runtime_error when it fails,
/// because no weaker source may replace it (ASVS 5.0, 11.5.1).
void fill_random(std::span<std::byte> out);

}  // namespace crypto
