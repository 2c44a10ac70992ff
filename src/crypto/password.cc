#include "crypto/password.h"

#include <argon2.h>
#include <sys/mman.h>

#include <algorithm>
#include <new>
#include <stdexcept>

#include "crypto/digest.h"
#include "crypto/imported_password.h"
#include "crypto/random.h"

namespace crypto {
namespace {

constexpr std::size_t kSaltSize = 16;
constexpr std::size_t kTagSize = 32;

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

}  // namespace

Argon2Cost make_cost(const base::Settings& settings) {
  return {static_cast<std::uint32_t>(settings.argon2_memory_kib),
          static_cast<std::uint32_t>(settings.argon2_time),
          static_cast<std::uint32_t>(settings.argon2_parallelism)};
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
  context.version = parameters.version;
  context.allocate_cbk = take_memory;
  context.free_cbk = keep_memory;
  context.flags = ARGON2_DEFAULT_FLAGS;
  const int status = ::argon2_ctx(&context, static_cast<argon2_type>(parameters.variant));
  memory.trim(std::size_t{cost_.memory_kib} * 1024);
  if (status == ARGON2_MEMORY_ALLOCATION_ERROR) throw std::bad_alloc();
  if (status != ARGON2_OK) throw std::runtime_error(std::string("argon2: ") + ::argon2_error_message(status));
}

std::string PasswordHasher::hash(std::string_view password) {
  PasswordHash made{
      .cost = cost_, .salt = std::vector<std::byte>(kSaltSize), .tag = std::vector<std::byte>(kTagSize)};
  fill_random(made.salt);
  compute(password, made, made.tag);
  return make_phc_string(made);
}

Verdict PasswordHasher::verify(std::string_view password, std::string_view stored) {
  if (find_fault(stored)) {
    verify_nobody(password);
    return Verdict::unusable;
  }
  const auto own = parse_password_hash(stored, limit());
  if (own ? matches(password, *own) : matches_imported(password, stored)) return Verdict::match;
  spend_as_mismatch(password, stored);
  return Verdict::mismatch;
}

void PasswordHasher::spend_as_mismatch(std::string_view password, std::string_view stored) {
  const auto own = parse_password_hash(stored, limit());
  // What the hash of another program costs cannot be compared.
  own ? spend_rest(password, own->cost) : verify_nobody(password);
}

bool PasswordHasher::matches(std::string_view password, const PasswordHash& stored) {
  std::vector<std::byte> tag(stored.tag.size());
  compute(password, stored, tag);
  return equal_in_constant_time(tag, stored.tag);
}

void PasswordHasher::verify_nobody(std::string_view password) {
  spend_rest(password, {0, 0, 0});
}

/// Computes what a hash with the current cost takes longer than one with `spent`, so that a stored hash that
/// is cheaper than that of nobody does not tell that its user exists.
void PasswordHasher::spend_rest(std::string_view password, const Argon2Cost& spent) {
  if (make_work(spent) >= make_work(cost_)) return;
  const auto left = (make_work(cost_) - make_work(spent)) / cost_.time;
  const PasswordHash rest{
      .cost = {static_cast<std::uint32_t>(left), cost_.time, 1}, .salt = salt_of_nobody_, .tag = {}};
  if (rest.cost.memory_kib < kLeastLane) return;
  std::vector<std::byte> tag(kTagSize);
  compute(password, rest, tag);
}

std::optional<std::string> PasswordHasher::find_fault(std::string_view stored) const {
  return stored.starts_with("$argon2") ? find_argon2_fault(stored, limit()) : find_imported_fault(stored);
}

bool PasswordHasher::needs_rehash(std::string_view password, std::string_view stored) const {
  const auto own = parse_password_hash(stored, limit());
  if (!own) return !find_fault(stored) && reads_whole(password, stored);
  return own->variant != Argon2Variant::id || own->version != 19 || own->cost.memory_kib < cost_.memory_kib ||
         own->cost.time < cost_.time;
}

}  // namespace crypto
