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
constexpr std::uint32_t kLeastLane = 8;  // KiB of a lane; libargon2 refuses less

/// The memory that libargon2 computes in, kept from one hash to the next unless it is unusually much. There
/// is one for the process, because the allocator callbacks of libargon2 have no context pointer. libargon2
/// clears the memory before it calls keep_memory().
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
  /// Gives the memory back if it is more than `size`.
  void trim(std::size_t size) {
    if (size_ > size) release();
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

/// What the time of a hash is proportional to: KiB written over all passes. Lanes run one after the other.
std::uint64_t make_work(const Argon2Cost& cost) {
  return std::uint64_t{cost.memory_kib} * cost.time;
}

bool within(const Argon2Cost& cost, const Argon2Cost& limit) {
  return cost.time >= 1 && cost.parallelism >= 1 && cost.memory_kib >= kLeastLane * cost.parallelism &&
         cost.memory_kib <= limit.memory_kib && cost.time <= limit.time &&
         cost.parallelism <= limit.parallelism && make_work(cost) <= make_work(limit) / 2;
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

PasswordHasher::PasswordHasher(const Argon2Cost& cost) : cost_(cost), salt_of_nobody_(kSaltSize) {
  fill_random(salt_of_nobody_);
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
  memory.trim(std::size_t{cost_.memory_kib} * 1024);
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
  if (!stored) {
    verify_nobody(password);
    return Verdict::unusable;
  }
  std::vector<std::byte> tag(stored->tag.size());
  compute(password, *stored, tag);
  if (equal_in_constant_time(tag, stored->tag)) return Verdict::match;
  spend_rest(password, stored->cost);
  return Verdict::mismatch;
}

void PasswordHasher::verify_nobody(std::string_view password) {
  spend_rest(password, {0, 0, 0});
}

/// Computes what a hash with the current cost takes longer than one with `spent`, so that a stored hash that
/// is cheaper than that of nobody does not tell that its user exists.
void PasswordHasher::spend_rest(std::string_view password, const Argon2Cost& spent) {
  if (make_work(spent) >= make_work(cost_)) return;
  const auto left = (make_work(cost_) - make_work(spent)) / cost_.time;
  PasswordHash rest{{static_cast<std::uint32_t>(left), cost_.time, 1}, salt_of_nobody_, {}};
  if (rest.cost.memory_kib < kLeastLane) return;
  std::vector<std::byte> tag(kTagSize);
  compute(password, rest, tag);
}

bool PasswordHasher::needs_rehash(std::string_view phc) const {
  const auto stored = parse_password_hash(phc, limit());
  return stored && (stored->cost.memory_kib < cost_.memory_kib || stored->cost.time < cost_.time);
}

}  // namespace crypto
