#include "crypto/apr1.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

#include "base/secret.h"

namespace crypto {
namespace {

constexpr std::string_view kMagic = "$apr1$";
constexpr std::string_view kAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr int kRounds = 1000;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { ::EVP_MD_CTX_free(context); }
};

/// MD5 of what is added, wiped when it is destroyed.
class Md5 {
 public:
  static constexpr std::size_t kSize = 16;

  Md5() : context_(::EVP_MD_CTX_new()) {
    require(context_ && ::EVP_DigestInit_ex(context_.get(), ::EVP_md5(), nullptr) == 1);
  }
  Md5(const Md5&) = delete;
  Md5& operator=(const Md5&) = delete;
  ~Md5() { base::wipe(digest_.data(), digest_.size()); }

  Md5& add(std::string_view text) {
    require(::EVP_DigestUpdate(context_.get(), text.data(), text.size()) == 1);
    return *this;
  }
  /// Ends it and begins a new one; the view is valid until the next call, or the end of the object.
  std::string_view finish() {
    require(::EVP_DigestFinal_ex(context_.get(), digest_.data(), nullptr) == 1 &&
            ::EVP_DigestInit_ex(context_.get(), nullptr, nullptr) == 1);
    return {reinterpret_cast<const char*>(digest_.data()), digest_.size()};
  }

 private:
  static void require(bool done) {
    if (!done) throw std::runtime_error("MD5 failed");
  }

  std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
  std::array<unsigned char, kSize> digest_{};
};

/// What the rounds begin with: password, magic and salt, as many bytes of `mixed` as the password has, and a
/// byte for each bit of the password's length.
std::string_view begin(Md5& md5, std::string_view password, std::string_view salt, std::string_view mixed) {
  md5.add(password).add(kMagic).add(salt);
  for (std::size_t left = password.size(); left > 0; left -= std::min(left, mixed.size()))
    md5.add(mixed.substr(0, left));
  for (std::size_t bits = password.size(); bits > 0; bits >>= 1)
    md5.add((bits & 1) != 0 ? std::string_view("\0", 1) : password.substr(0, 1));
  return md5.finish();
}

/// Appends the lowest bits of `value` as `count` characters of six bits.
void append(std::string& text, unsigned value, int count) {
  for (; count > 0; --count, value >>= 6) text.push_back(kAlphabet[value & 63]);
}

std::string encode(std::string_view digest) {
  const auto at = [digest](std::size_t i) {
    return static_cast<unsigned>(static_cast<unsigned char>(digest[i]));
  };
  std::string text;
  for (const std::size_t i : {0u, 1u, 2u, 3u, 4u})
    append(text, at(i) << 16 | at(i + 6) << 8 | at(i == 4 ? 5 : i + 12), 4);
  append(text, at(11), 2);
  return text;
}

}  // namespace

std::string make_apr1_tag(std::string_view password, std::string_view salt) {
  Md5 mixed;
  Md5 md5;
  auto state = begin(md5, password, salt, mixed.add(password).add(salt).add(password).finish());
  for (int round = 0; round < kRounds; ++round) {
    const bool odd = round % 2 != 0;
    md5.add(odd ? password : state);
    if (round % 3 != 0) md5.add(salt);
    if (round % 7 != 0) md5.add(password);
    state = md5.add(odd ? state : password).finish();
  }
  return encode(state);
}

}  // namespace crypto
