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
  // Of its full size at once: `value` may be a token, and a string that grows leaves copies.
  std::string text;
  text.reserve(kind.size() + 1 + value.size());
  text.append(kind).append(":").append(value);
  const auto key = crypto::sha256(std::as_bytes(std::span(text)));
  base::wipe(text.data(), text.size());
  return key;
}

crypto::Digest make_key(std::string_view kind, std::int64_t id) {
  return make_key(kind, std::to_string(id));
}

/// All devices of a user together have this many times the free failures of one.
constexpr std::int64_t kDevicesFactor = 10;

base::Result<store::Taken> take(Service& service, const Call& call, const crypto::Digest& key,
                                std::int64_t free) {
  const auto taken = service.throttle.take(key, free);
  if (taken.wait == 0) return taken;
  audit(call, base::LogLevel::warning, "authn_login_lock");
  base::Problem problem(base::ProblemId::too_many_attempts);
  problem.retry_after = taken.wait;
  return problem;
}

/// Nobody else counts under the key of a device, so nobody else can keep its user out. The first failure of a
/// device is its own affair. Further ones count for all devices of the user together too, so that a
/// collection of them gives few guesses.
base::Result<Attempt> count_device(Service& service, const Call& call, store::UserId owner) {
  const auto free = service.settings.account_free_failures;
  Attempt attempt{{make_device_key(*call.credentials.device), false}};
  const auto taken = take(service, call, attempt.back().key, free);
  if (!taken) return taken.problem();
  if (taken.value().failures == 1) return attempt;
  attempt.push_back({make_key("devices", owner.value), true});
  const auto shared = take(service, call, attempt.back().key, kDevicesFactor * free);
  if (!shared) return shared.problem();
  return attempt;
}

base::Result<Attempt> count_stranger(Service& service, const Call& call, std::string_view username) {
  Attempt attempt;
  if (const auto free = service.settings.address_free_failures; free > 0) {
    attempt.push_back({make_address_key(call.request.remote_address), true});
    if (const auto taken = take(service, call, attempt.back().key, free); !taken) return taken.problem();
  }
  if (const auto free = service.settings.account_free_failures; free > 0) {
    attempt.push_back({make_key("account", base::to_lower(username)), false});
    if (const auto taken = take(service, call, attempt.back().key, free); !taken) return taken.problem();
  }
  return attempt;
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

crypto::Digest make_device_key(const crypto::Token& device) {
  return make_key("device", device.text().view());
}

/// In one transaction, so that an attempt that one counter refuses is not counted under the other. Without a
/// throttle for accounts there is none for devices, which then count like all others.
base::Result<Attempt> begin_login(Service& service, const Call& call, std::string_view username,
                                  const std::optional<store::LoginUser>& user) {
  pg::Transaction transaction(service.connection);
  const bool by_device = user && user->device_known && service.settings.account_free_failures > 0;
  auto attempt = by_device ? count_device(service, call, user->id) : count_stranger(service, call, username);
  if (attempt) transaction.commit();
  return attempt;
}

base::Result<Attempt> begin_proof(Service& service, const Call& call) {
  Attempt attempt;
  if (const auto free = service.settings.account_free_failures; free > 0) {
    attempt.push_back({make_key("session", call.session->id.value), false});
    if (const auto taken = take(service, call, attempt.back().key, free); !taken) return taken.problem();
  }
  return attempt;
}

std::optional<base::Problem> count_change(Service& service, const Call& call) {
  const auto free = service.settings.account_free_failures;
  if (free == 0) return std::nullopt;
  auto taken = take(service, call, make_key("change", call.session->user.value), free);
  if (taken) return std::nullopt;
  return std::move(taken.problem());
}

}  // namespace auth
