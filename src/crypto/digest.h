// SHA-256, HMAC-SHA-256 and comparison in constant time. Pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

namespace crypto {

/// The result of SHA-256 or HMAC-SHA-256.
using Digest = std::array<std::byte, 32>;

/// SHA-256 (FIPS 180-4). Throws runtime_error when OpenSSL fails.
Digest sha256(std::span<const std::byte> data);

/// HMAC (RFC 2104) with SHA-256 of `salt` followed by `label`. Throws runtime_error when OpenSSL fails.
Digest hmac_sha256(std::span<const std::byte> key, std::span<const std::byte> salt, std::string_view label);

/// True when both are equal. The time it takes depends on the sizes only.
bool equal_in_constant_time(std::span<const std::byte> a, std::span<const std::byte> b);

}  // namespace crypto
