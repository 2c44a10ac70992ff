// A type for the ids of each table, so that the compiler finds an id of the wrong kind.
#pragma once

#include <cstdint>

namespace store {

struct UserId {
  std::int64_t value;
};

struct SessionId {
  std::int64_t value;
};

struct TicketId {
  std::int64_t value;
};

}  // namespace store
