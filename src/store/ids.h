// The numbers of rows as types of their own, so that none is taken for another.
#pragma once

#include <cstdint>

namespace store {

struct UserId {
  std::int64_t value;
};

struct SessionId {
  std::int64_t value;
};

}  // namespace store
