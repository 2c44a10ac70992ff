#include "crypto/imported_forms.h"

#include <array>

#include "base/base64.h"
#include "base/text.h"

namespace crypto {
namespace {

/// crypt(3)'s own base64: a character stands for its index.
constexpr std::string_view kCrypt64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kDigits = "0123456789";

bool consists_of(std::string_view text, std::string_view alphabet) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

/// Salt and tag in crypt's base64, with a `$` between them.
bool has_salt_and_tag(std::string_view rest, std::size_t most_salt, std::size_t tag_size) {
  const auto salt = take_part(rest);
  return salt && !salt->empty() && salt->size() <= most_salt && consists_of(*salt, kCrypt64) &&
         rest.size() == tag_size && consists_of(rest, kCrypt64);
}

/// True when characters of six bits each stand for whole bytes, and what is left of the last one is zero.
bool is_whole(std::string_view salt) {
  constexpr std::array<std::size_t, 4> kMostOfLast{63, 0, 3, 15};
  const auto most = kMostOfLast[salt.size() % 4];
  return most > 0 && kCrypt64.find(salt.back()) <= most;
}

/// `rounds=N$SALT$TAG`, where the first part may be missing: then there are 5000.
Cost find_rounds(std::string_view rest, std::size_t tag_size) {
  constexpr std::string_view kRounds = "rounds=";
  Cost rounds = 5000;
  if (rest.starts_with(kRounds)) {
    rest.remove_prefix(kRounds.size());
    rounds = base::parse_number(take_part(rest).value_or(""));
  }
  return rounds >= Cost(1000) && has_salt_and_tag(rest, 16, tag_size) ? rounds : std::nullopt;
}

}  // namespace

std::optional<std::string_view> take_part(std::string_view& text) {
  const auto dollar = text.find('$');
  if (dollar == std::string_view::npos) return std::nullopt;
  const auto part = text.substr(0, dollar);
  text.remove_prefix(dollar + 1);
  return part;
}

Cost find_md5_cost(std::string_view rest) {
  return has_salt_and_tag(rest, 8, 22) ? Cost(1000) : std::nullopt;
}

Cost find_sha256_rounds(std::string_view rest) {
  return find_rounds(rest, 43);
}

Cost find_sha512_rounds(std::string_view rest) {
  return find_rounds(rest, 86);
}

Cost find_bcrypt_cost(std::string_view rest) {
  const auto cost = take_part(rest).value_or("");
  if (cost.size() != 2 || !consists_of(cost, kDigits) || rest.size() != 53) return std::nullopt;
  // Salt and tag end in bits that do not count, which bcrypt writes as zeros.
  constexpr std::string_view kLastOfSalt = ".Oeu";
  constexpr std::string_view kLastOfTag = ".CGKOSWaeimquy26";
  if (!consists_of(rest, kCrypt64) || !consists_of(rest.substr(21, 1), kLastOfSalt) ||
      !consists_of(rest.substr(52), kLastOfTag))
    return std::nullopt;
  const auto number = (cost[0] - '0') * 10 + (cost[1] - '0');
  return number >= 4 ? Cost(number) : std::nullopt;
}

Cost find_yescrypt_kib(std::string_view rest) {
  const auto parameters = take_part(rest).value_or("");
  if (parameters.size() != 3 || parameters[0] != 'j') return std::nullopt;
  const auto blocks = kCrypt64.find(parameters[1]) + 1;
  const auto size = kCrypt64.find(parameters[2]) + 1;
  if (blocks < 2 || blocks > 31 || size < 1 || size > 48 || !has_salt_and_tag(rest, 84, 43) ||
      !is_whole(rest.substr(0, rest.find('$'))))
    return std::nullopt;
  return (std::uint64_t{size} << blocks) / 8;
}

std::optional<std::vector<std::byte>> parse_padded(std::string_view text, std::size_t size) {
  if (!text.ends_with('=')) return std::nullopt;
  auto bytes = base::parse_base64(text.substr(0, text.size() - 1));
  return bytes && bytes->size() == size ? std::move(bytes) : std::nullopt;
}

Cost find_sha1_cost(std::string_view rest) {
  return parse_padded(rest, 20) ? Cost(1) : std::nullopt;
}

std::optional<Pbkdf2> parse_pbkdf2(std::string_view rest) {
  const auto iterations = base::parse_number(take_part(rest).value_or(""));
  const auto salt = take_part(rest);
  auto tag = parse_padded(rest, 32);
  if (!iterations || *iterations < 1 || !salt || salt->empty() || salt->size() > 128 || !tag)
    return std::nullopt;
  return Pbkdf2{*iterations, *salt, std::move(*tag)};
}

Cost find_iterations(std::string_view rest) {
  const auto parsed = parse_pbkdf2(rest);
  return parsed ? Cost(parsed->iterations) : std::nullopt;
}

}  // namespace crypto
