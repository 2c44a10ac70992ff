#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

#include "base/secret.h"

namespace crypto {
namespace {

const unsigned char* raw(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { ::EVP_MD_CTX_free(context); }
};
struct FreeAlgorithm {
  void operator()(EVP_MD* algorithm) const { ::EVP_MD_free(algorithm); }
};

/// The algorithm is fetched once, because looking it up by name takes longer than computing a digest.
const EVP_MD* sha256_algorithm() {
  static const std::unique_ptr<EVP_MD, FreeAlgorithm> algorithm(::EVP_MD_fetch(nullptr, "SHA256", nullptr));
  if (!algorithm) throw std::runtime_error("OpenSSL has no SHA256");
  return algorithm.get();
}

}  // namespace

Digest sha256(std::span<const std::byte> data) {
  static const std::unique_ptr<EVP_MD_CTX, FreeContext> context(::EVP_MD_CTX_new());
  Digest digest;
  auto* out = reinterpret_cast<unsigned char*>(digest.data());
  if (!context || ::EVP_DigestInit_ex2(context.get(), sha256_algorithm(), nullptr) != 1 ||
      ::EVP_DigestUpdate(context.get(), data.data(), data.size()) != 1 ||
      ::EVP_DigestFinal_ex(context.get(), out, nullptr) != 1)
    throw std::runtime_error("SHA-256 failed");
  return digest;
}

Digest hmac_sha256(std::span<const std::byte> key, std::span<const std::byte> salt, std::string_view label) {
  std::vector<unsigned char> message(raw(salt), raw(salt) + salt.size());
  message.insert(message.end(), label.begin(), label.end());
  Digest digest;
  unsigned size = 0;
  if (::HMAC(sha256_algorithm(), key.data(), static_cast<int>(key.size()), message.data(), message.size(),
             reinterpret_cast<unsigned char*>(digest.data()), &size) == nullptr ||
      size != digest.size())
    throw std::runtime_error("HMAC-SHA-256 failed");
  return digest;
}

bool equal_in_constant_time(std::span<const std::byte> a, std::span<const std::byte> b) {
  return a.size() == b.size() && ::CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace crypto
