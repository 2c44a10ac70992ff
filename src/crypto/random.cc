#include "crypto/random.h"

#include <openssl/rand.h>

#include <stdexcept>

namespace crypto {

void fill_random(std::span<std::byte> out) {
  if (::RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) != 1)
    throw std::runtime_error("RAND_bytes failed");
}

}  // namespace crypto
