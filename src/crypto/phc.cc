#include "crypto/phc.h"

#include <algorithm>
#include <array>

#include "base/base64.h"
#include "base/text.h"

namespace crypto {
namespace {

constexpr std::size_t kLeastTag = 16;
constexpr std::size_t kMostBytes = 64;

struct Variant {
  Argon2Variant id;
  std::string_view name;
};

constexpr std::array kVariants = {
    Variant{Argon2Variant::d, "argon2d"},
    Variant{Argon2Variant::i, "argon2i"},
    Variant{Argon2Variant::id, "argon2id"},
};

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

/// Removes `$argon2id$` or its like from the front of `phc` and returns the row; nothing when it is not
/// there.
const Variant* take_variant(std::string_view& phc) {
  for (const auto& variant : kVariants) {
    const auto front = "$" + std::string(variant.name) + "$";
    if (!phc.starts_with(front)) continue;
    phc.remove_prefix(front.size());
    return &variant;
  }
  return nullptr;
}

/// Removes `m=..,t=..,p=..$` from the front of `phc`; nothing when it is not there.
std::optional<Argon2Cost> take_cost(std::string_view& phc) {
  const auto memory_kib = take_number(phc, "m=");
  if (!memory_kib) return std::nullopt;
  const auto time = take_number(phc, ",t=");
  if (!time) return std::nullopt;
  const auto parallelism = take_number(phc, ",p=");
  if (!parallelism || *parallelism > 64 || !phc.starts_with('$')) return std::nullopt;
  phc.remove_prefix(1);
  return Argon2Cost{*memory_kib, *time, *parallelism};
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

std::uint64_t make_work(const Argon2Cost& cost) {
  return std::uint64_t{cost.memory_kib} * cost.time;
}

std::optional<PasswordHash> parse_password_hash(std::string_view phc, const Argon2Cost& limit) {
  const auto* variant = take_variant(phc);
  if (variant == nullptr) return std::nullopt;
  const auto version = take_number(phc, "v=").value_or(0);
  if ((version != 16 && version != 19) || !phc.starts_with('$')) return std::nullopt;
  phc.remove_prefix(1);
  const auto cost = take_cost(phc);
  const auto dollar = phc.find('$');
  if (!cost || !within(*cost, limit) || dollar == std::string_view::npos) return std::nullopt;
  auto salt = base::parse_base64(phc.substr(0, dollar));
  auto tag = base::parse_base64(phc.substr(dollar + 1));
  if (!has_size(salt, 8) || !has_size(tag, kLeastTag)) return std::nullopt;
  return PasswordHash{*cost, std::move(*salt), std::move(*tag), variant->id, version};
}

std::optional<std::string> find_argon2_fault(std::string_view phc, const Argon2Cost& limit) {
  constexpr Argon2Cost kNoLimit{UINT32_MAX, UINT32_MAX, UINT32_MAX};
  if (parse_password_hash(phc, limit)) return std::nullopt;
  if (!parse_password_hash(phc, kNoLimit))
    return "It begins as a hash of argon2, but does not go on as $v=19$m=..,t=..,p=..$SALT$TAG.";
  return "It begins as a hash of argon2, but costs too much: with the settings as they are, m is " +
         std::to_string(limit.memory_kib) + " at most, t " + std::to_string(limit.time) + ", p " +
         std::to_string(limit.parallelism) + ", and m times t " + std::to_string(make_work(limit) / 2) + ".";
}

std::string make_phc_string(const PasswordHash& hash) {
  return "$" + std::string(kVariants[static_cast<std::size_t>(hash.variant)].name) +
         "$v=" + std::to_string(hash.version) + "$m=" + std::to_string(hash.cost.memory_kib) +
         ",t=" + std::to_string(hash.cost.time) + ",p=" + std::to_string(hash.cost.parallelism) + "$" +
         base::make_base64(hash.salt) + "$" + base::make_base64(hash.tag);
}

}  // namespace crypto
