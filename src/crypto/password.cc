#include "crypto/password.h"

#include <argon2.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <new>
#include <stdexcept>

#include "base/base64.h"
#include "base/secret.h"
#include "base/text.h"
#include "crypto/digest.h"
#include "crypto/random.h"

namespace crypto {
namespace {

constexpr std::size_t kSaltSize = 16;
constexpr std::size_t kTagSize = 32;
constexpr std::size_t kLeastTag = 16;
constexpr std::size_t kMostBytes = 64;

/// The memory that libargon2 computes in, kept from one hash to the next. There is one for the process,
/// because the allocator callbacks of libargon2 have no context pointer. libargon2 clears the memory before
/// it calls keep_memory().
class Memory {
 public:
  std::uint8_t* take(std::size_t size) {
    if (size > size_) {
      release();
      void* pages = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (pages == MAP_FAILED) return nullptr;
      ::madvise(pages, size, MADV_HUGEPAGE);
      ::madvise(pages, size, MADV_DONTDUMP);
      pages_ = pages;
      size_ = size;
    }
    return static_cast<std::uint8_t*>(pages_);
  }
  void release() {
    if (pages_ != nullptr) ::munmap(pages_, size_);
    pages_ = nullptr;
    size_ = 0;
  }

 private:
  void* pages_ = nullptr;
  std::size_t size_ = 0;
};

Memory memory;

int take_memory(std::uint8_t** out, std::size_t size) {
  *out = memory.take(size);
  return *out == nullptr ? ARGON2_MEMORY_ALLOCATION_ERROR : ARGON2_OK;
}

void keep_memory(std::uint8_t*, std::size_t) {}

/// Removes `prefix` and the number after it from the front of `text` and returns the number; nothing when
/// they are not there.
std::optional<std::uint32_t> take_number(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return std::nullopt;
  text.remove_prefix(prefix.size());
  const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = base::parse_number(text.substr(0, end));
  if (!number || *number > UINT32_MAX) return std::nullopt;
  text.remove_prefix(end);
  return static_cast<std::uint32_t>(*number);
}

bool within(const Argon2Cost& cost, const Argon2Cost& limit) {
  return cost.time >= 1 && cost.parallelism >= 1 && cost.memory_kib >= 8 * cost.parallelism &&
         cost.memory_kib <= limit.memory_kib && cost.time <= limit.time &&
         cost.parallelism <= limit.parallelism;
}

bool has_size(const std::optional<std::vector<std::byte>>& bytes, std::size_t least) {
  return bytes && bytes->size() >= least && bytes->size() <= kMostBytes;
}

}  // namespace

std::optional<PasswordHash> parse_password_hash(std::string_view phc, const Argon2Cost& limit) {
  const auto memory_kib = take_number(phc, "$argon2id$v=19$m=");
  if (!memory_kib) return std::nullopt;
  const auto time = take_number(phc, ",t=");
  if (!time) return std::nullopt;
  const auto parallelism = take_number(phc, ",p=");
  if (!parallelism || *parallelism > 64 || !phc.starts_with('$')) return std::nullopt;
  const Argon2Cost cost{*memory_kib, *time, *parallelism};
  const auto dollar = phc.find('$', 1);
  if (!within(cost, limit) || dollar == std::string_view::npos) return std::nullopt;
  auto salt = base::parse_base64(phc.substr(1, dollar - 1));
  auto tag = base::parse_base64(phc.substr(dollar + 1));
  if (!has_size(salt, 8) || !has_size(tag, kLeastTag)) return std::nullopt;
  return PasswordHash{cost, std::move(*salt), std::move(*tag)};
}

std::string make_phc_string(const PasswordHash& hash) {
  return "$argon2id$v=19$m=" + std::to_string(hash.cost.memory_kib) + ",t=" + std::to_string(hash.cost.time) +
         ",p=" + std::to_string(hash.cost.parallelism) + "$" + base::make_base64(hash.salt) + "$" +
         base::make_base64(hash.tag);
}

PasswordHasher::PasswordHasher(const Argon2Cost& cost) : cost_(cost) {
  PasswordHash nobody{cost_, std::vector<std::byte>(kSaltSize), std::vector<std::byte>(kTagSize)};
  fill_random(nobody.salt);
  fill_random(nobody.tag);
  dummy_ = make_phc_string(nobody);
}

PasswordHasher::~PasswordHasher() {
  memory.release();
}

Argon2Cost PasswordHasher::limit() const {
  return {2 * std::max(cost_.memory_kib, 65536u), 2 * std::max(cost_.time, 8u),
          std::max(cost_.parallelism, 4u)};
}

void PasswordHasher::compute(std::string_view password, const PasswordHash& parameters,
                             std::vector<std::byte>& tag) {
  argon2_context context{};
  context.out = reinterpret_cast<std::uint8_t*>(tag.data());
  context.outlen = static_cast<std::uint32_t>(tag.size());
  context.pwd = reinterpret_cast<std::uint8_t*>(const_cast<char*>(password.data()));  // NOLINT: only read
  context.pwdlen = static_cast<std::uint32_t>(password.size());
  context.salt = reinterpret_cast<std::uint8_t*>(const_cast<std::byte*>(parameters.salt.data()));  // NOLINT
  context.saltlen = static_cast<std::uint32_t>(parameters.salt.size());
  context.t_cost = parameters.cost.time;
  context.m_cost = parameters.cost.memory_kib;
  context.lanes = parameters.cost.parallelism;
  context.threads = 1;
  context.version = ARGON2_VERSION_13;
  context.allocate_cbk = take_memory;
  context.free_cbk = keep_memory;
  context.flags = ARGON2_DEFAULT_FLAGS;
  const int status = ::argon2_ctx(&context, Argon2_id);
  if (status == ARGON2_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc();
  if (status != ARGON2_OK) throw std::runtime_error(std::string("argon2: ") + ::argon2_error_message(status));
}

std::string PasswordHasher::hash(std::string_view password) {
  PasswordHash made{cost_, std::vector<std::byte>(kSaltSize), std::vector<std::byte>(kTagSize)};
  fill_random(made.salt);
  compute(password, made, made.tag);
  return make_phc_string(made);
}

Verdict PasswordHasher::verify(std::string_view password, std::string_view phc) {
  const auto stored = parse_password_hash(phc, limit());
  if (!stored) return Verdict::unusable;
  std::vector<std::byte> tag(stored->tag.size());
  compute(password, *stored, tag);
  return equal_in_constant_time(tag, stored->tag) ? Verdict::match : Verdict::mismatch;
}

void PasswordHasher::verify_dummy(std::string_view password) {
  verify(password, dummy_);
}

bool PasswordHasher::needs_rehash(std::string_view phc) const {
  const auto stored = parse_password_hash(phc, limit());
  return stored && (stored->cost.memory_kib < cost_.memory_kib || stored->cost.time < cost_.time);
}

}  // namespace crypto
