#include "auth/attempts.h"

#include <arpa/inet.h>

#include <array>

#include "auth/audit.h"
#include "base/text.h"

namespace auth {
namespace {

constexpr std::size_t kIpv6Prefix = 8;  // bytes of a /64 network
/// The prefixes of IPv6 addresses that stand for the IPv4 address in their last four bytes: ::ffff:a.b.c.d
/// (RFC 4291 section 2.5.5.2), and 64:ff9b::a.b.c.d of translators (RFC 6052 section 2.1).
constexpr std::array kIpv4Prefixes{std::string_view("\0\0\0\0\0\0\0\0\0\0\xFF\xFF", 12),
                                   std::string_view("\0\x64\xFF\x9B\0\0\0\0\0\0\0\0", 12)};

crypto::Digest make_key(std::string_view kind, std::string_view value) {
  const std::string text = std::string(kind) + ":" + std::string(value);
  return crypto::sha256(std::as_bytes(std::span(text)));
}

crypto::Digest make_account_key(Service& service, const Call& call, std::string_view username) {
  const auto& device = call.credentials.device;
  if (device && service.devices.is_known(device->hash(), username))
    return make_key("device", device->text().view());
  return make_key("account", base::to_lower(username));
}

std::optional<base::Problem> take(Service& service, const Call& call, const crypto::Digest& key,
                                  std::int64_t free) {
  const auto wait = service.throttle.take(key, free);
  if (wait == 0) return std::nullopt;
  audit(call, base::LogLevel::warning, "authn_login_lock");
  base::Problem problem(base::ProblemId::too_many_attempts);
  problem.retry_after = wait;
  return problem;
}

}  // namespace

crypto::Digest make_address_key(std::string_view remote_address) {
  const std::string text(remote_address);
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return make_key("ipv4", {bytes.data(), 4});
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) {
    const std::string_view address(bytes.data(), bytes.size());
    for (const auto prefix : kIpv4Prefixes)
      if (address.starts_with(prefix)) return make_key("ipv4", address.substr(prefix.size()));
    return make_key("ipv6", address.substr(0, kIpv6Prefix));
  }
  return make_key("address", "unknown");
}

base::Result<Attempt> begin_attempt(Service& service, const Call& call, std::string_view username) {
  Attempt attempt;
  if (const auto free = service.settings.address_free_failures; free > 0) {
    attempt.address = make_address_key(call.request.remote_address);
    if (auto problem = take(service, call, *attempt.address, free)) return std::move(*problem);
  }
  if (const auto free = service.settings.account_free_failures; free > 0) {
    attempt.account = make_account_key(service, call, username);
    if (auto problem = take(service, call, *attempt.account, free)) return std::move(*problem);
  }
  return attempt;
}

void forgive_attempt(Service& service, const Attempt& attempt) {
  if (attempt.address) service.throttle.take_back(*attempt.address);
  if (attempt.account) service.throttle.forget(*attempt.account);
}

}  // namespace auth
