#include "crypto/imported_password.h"

#include <crypt.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <new>
#include <span>
#include <stdexcept>

#include "base/secret.h"
#include "crypto/apr1.h"
#include "crypto/digest.h"
#include "crypto/imported_forms.h"

namespace crypto {
namespace {

using Bytes = std::span<const std::byte>;

Bytes bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

bool equals_and_wipe(std::span<unsigned char> made, Bytes stored) {
  const bool equal = equal_in_constant_time(std::as_bytes(made), stored);
  base::wipe(made.data(), made.size());
  return equal;
}

struct WipeCrypt {
  void operator()(crypt_data* data) const {
    base::wipe(data, sizeof *data);
    delete data;  // NOLINT: what make_unique() has made
  }
};

/// What libcrypt makes of the password with the salt and the cost of `stored` is `stored` again.
bool matches_crypt(std::string_view password, std::string_view stored) {
  if (password.size() >= CRYPT_MAX_PASSPHRASE_SIZE) return false;
  const base::Secret phrase(password);
  const std::string setting(stored);
  const std::unique_ptr<crypt_data, WipeCrypt> data(std::make_unique<crypt_data>().release());
  const char* made = ::crypt_rn(phrase.c_str(), setting.c_str(), data.get(), sizeof(crypt_data));
  if (made == nullptr && errno == ENOMEM) throw std::bad_alloc();
  if (made == nullptr) throw std::runtime_error("libcrypt cannot compute a hash that has a form it knows");
  return equal_in_constant_time(bytes_of(made), bytes_of(stored));
}

constexpr std::size_t kBcryptReads = 72;  // bytes

bool matches_bcrypt(std::string_view password, std::string_view stored) {
  return matches_crypt(password.substr(0, kBcryptReads), stored);
}

/// Each round of these reads the password up to two times, so that long ones multiply their time.
template <auto find_rounds>
bool matches_sha(std::string_view password, std::string_view stored) {
  constexpr std::uint64_t kMostBytes = 64'000'000;
  const auto rounds = find_rounds(stored.substr(3));
  return *rounds * password.size() <= kMostBytes && matches_crypt(password, stored);
}

bool matches_apr1(std::string_view password, std::string_view stored) {
  stored.remove_prefix(stored.find('$', 1) + 1);
  const auto salt = take_part(stored).value_or("");
  const auto made = make_apr1_tag(password, salt);
  return equal_in_constant_time(bytes_of(made), bytes_of(stored));
}

bool matches_sha1(std::string_view password, std::string_view stored) {
  std::array<unsigned char, 20> digest{};
  std::size_t size = 0;
  if (::EVP_Q_digest(nullptr, "SHA1", nullptr, password.data(), password.size(), digest.data(), &size) != 1)
    throw std::runtime_error("SHA-1 failed");
  const auto tag = parse_padded(stored.substr(stored.find('}') + 1), digest.size());
  return equals_and_wipe(digest, *tag);
}

bool matches_pbkdf2(std::string_view password, std::string_view stored) {
  take_part(stored);
  const auto parsed = parse_pbkdf2(stored);
  const auto* salt = reinterpret_cast<const unsigned char*>(parsed->salt.data());
  std::array<unsigned char, 32> tag{};
  if (::PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), salt,
                          static_cast<int>(parsed->salt.size()), static_cast<int>(parsed->iterations),
                          ::EVP_sha256(), static_cast<int>(tag.size()), tag.data()) != 1)
    throw std::runtime_error("PBKDF2 failed");
  return equals_and_wipe(tag, parsed->tag);
}

struct Scheme {
  std::string_view prefix;
  std::string_view name;
  std::string_view unit;  ///< what the cost counts
  std::uint64_t limit;    ///< the highest cost: on one core it takes a second at most
  Cost (*find_cost)(std::string_view rest);
  bool (*matches)(std::string_view password, std::string_view stored);
};

constexpr std::array kSchemes = {
    Scheme{"$2a$", "bcrypt", "the cost", 14, find_bcrypt_cost, matches_bcrypt},
    Scheme{"$2b$", "bcrypt", "the cost", 14, find_bcrypt_cost, matches_bcrypt},
    Scheme{"$2y$", "bcrypt", "the cost", 14, find_bcrypt_cost, matches_bcrypt},
    Scheme{"$y$", "yescrypt", "the memory in KiB", 131'072, find_yescrypt_kib, matches_crypt},
    Scheme{"$5$", "SHA-256-crypt", "the number of rounds", 1'000'000, find_sha256_rounds,
           matches_sha<find_sha256_rounds>},
    Scheme{"$6$", "SHA-512-crypt", "the number of rounds", 1'000'000, find_sha512_rounds,
           matches_sha<find_sha512_rounds>},
    Scheme{"$1$", "MD5-crypt", "the number of rounds", 1000, find_md5_cost, matches_crypt},
    Scheme{"$apr1$", "htpasswd's MD5", "the number of rounds", 1000, find_md5_cost, matches_apr1},
    Scheme{"{SHA}", "htpasswd's SHA-1", "the number of rounds", 1, find_sha1_cost, matches_sha1},
    Scheme{"pbkdf2_sha256$", "Django's PBKDF2", "the number of iterations", 2'000'000, find_iterations,
           matches_pbkdf2},
};

/// 13 characters of the base64 of crypt(3).
bool looks_like_des(std::string_view stored) {
  return stored.size() == 13 && std::all_of(stored.begin(), stored.end(), [](char c) {
           return (c >= '.' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
         });
}

/// What is known and refused all the same.
struct Refusal {
  bool (*covers)(std::string_view stored);
  std::string_view reason;
};

constexpr std::array kRefusals = {
    Refusal{[](std::string_view stored) { return stored.empty(); }, "There is no hash."},
    Refusal{
        [](std::string_view stored) { return stored[0] == '*' || stored[0] == '!'; },
        "It begins with * or !, by which an account is locked or has no password: no password can match it."},
    Refusal{[](std::string_view stored) { return stored.starts_with("$2x$"); },
            "It begins with $2x$, a faulty bcrypt that takes many passwords for the same."},
    Refusal{looks_like_des,
            "It looks like a hash of the old crypt (DES), which compares the first eight characters "
            "only: give this user a new password."},
};

const Scheme* find_scheme(std::string_view stored) {
  const auto* found = std::find_if(kSchemes.begin(), kSchemes.end(), [stored](const Scheme& scheme) {
    return stored.starts_with(scheme.prefix);
  });
  return found == kSchemes.end() ? nullptr : found;
}

std::string join_prefixes() {
  std::string text;
  for (const auto& scheme : kSchemes) text += std::string(scheme.prefix) + " ";
  return text;
}

std::string describe_unknown(std::string_view stored) {
  for (const auto& refusal : kRefusals)
    if (refusal.covers(stored)) return std::string(refusal.reason);
  return "It begins with none of " + join_prefixes() + "$argon2id$ $argon2i$ $argon2d$.";
}

}  // namespace

std::optional<std::string> find_imported_fault(std::string_view stored) {
  const auto* scheme = find_scheme(stored);
  if (scheme == nullptr) return describe_unknown(stored);
  const auto start = "It begins as a hash of " + std::string(scheme->name);
  const auto cost = scheme->find_cost(stored.substr(scheme->prefix.size()));
  if (!cost) return start + ", but does not go on as one.";
  if (*cost <= scheme->limit) return std::nullopt;
  return start + ", but " + std::string(scheme->unit) + " is " + std::to_string(*cost) + ", and " +
         std::to_string(scheme->limit) + " is the most.";
}

bool matches_imported(std::string_view password, std::string_view stored) {
  // crypt(3) would end there, and for PBKDF2 NUL bytes at the end are not there at all.
  if (password.find('\0') != std::string_view::npos) return false;
  return !find_imported_fault(stored) && find_scheme(stored)->matches(password, stored);
}

bool reads_whole(std::string_view password, std::string_view stored) {
  const auto* scheme = find_scheme(stored);
  return scheme == nullptr || scheme->matches != matches_bcrypt || password.size() <= kBcryptReads;
}

}  // namespace crypto
