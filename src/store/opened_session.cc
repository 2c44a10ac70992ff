#include "store/opened_session.h"

#include <chrono>

namespace store {
namespace {

std::int64_t seconds_until(base::Time end, base::Time now) {
  return std::chrono::ceil<std::chrono::seconds>(end - now).count();
}

}  // namespace

OpenedSession read_opened(const pg::Result& result) {
  const auto access_expires_at = result.time(0, 1);
  const auto refresh_expires_at = result.time(0, 2);
  const auto now = result.time(0, 3);
  return {.id = {result.integer(0, 0)},
          .access_expires_at = access_expires_at,
          .refresh_expires_at = refresh_expires_at,
          .access_life = seconds_until(access_expires_at, now),
          .refresh_life = seconds_until(refresh_expires_at, now),
          .user = {.id = {result.integer(0, 4)},
                   .name = result.text(0, 5),
                   .username = result.text(0, 6),
                   .created_at = result.time(0, 7)}};
}

}  // namespace store
