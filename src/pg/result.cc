#include "pg/result.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "base/text.h"

namespace pg {
namespace {

/// Microseconds from 1970 to 2000: PostgreSQL counts time from 2000-01-01.
constexpr std::int64_t kPostgresEpoch = 946684800LL * 1000000;

std::int64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = bytes.empty() || static_cast<signed char>(bytes[0]) >= 0 ? 0 : ~std::uint64_t{0};
  for (const char c : bytes) value = (value << 8) | static_cast<unsigned char>(c);
  return static_cast<std::int64_t>(value);
}

void require_width(std::string_view field, std::size_t width) {
  if (field.size() != width) throw std::logic_error("a column does not have the type that the code expects");
}

}  // namespace

std::string_view Result::field(int row, int column) const {
  if (row < 0 || row >= rows() || column < 0 || column >= ::PQnfields(result_.get()))
    throw std::logic_error("the result has no such row or column");
  if (is_null(row, column)) throw std::logic_error("a column is NULL, which the code does not expect");
  return {::PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(::PQgetlength(result_.get(), row, column))};
}

std::int64_t Result::affected() const {
  return base::parse_number(::PQcmdTuples(result_.get())).value_or(0);
}

std::int64_t Result::integer(int row, int column) const {
  const auto bytes = field(row, column);
  if (bytes.size() != 4) require_width(bytes, 8);
  return read_big_endian(bytes);
}

bool Result::boolean(int row, int column) const {
  const auto bytes = field(row, column);
  require_width(bytes, 1);
  return bytes[0] != 0;
}

std::string Result::text(int row, int column) const {
  return std::string(field(row, column));
}

/// `infinity` is the largest number, which leaves no room for the years before PostgreSQL's own.
base::Time Result::time(int row, int column) const {
  constexpr auto kLatest = std::numeric_limits<std::int64_t>::max() - kPostgresEpoch;
  const auto bytes = field(row, column);
  require_width(bytes, 8);
  return base::Time(std::chrono::microseconds(std::min(read_big_endian(bytes), kLatest) + kPostgresEpoch));
}

std::array<std::byte, 32> Result::digest(int row, int column) const {
  const auto bytes = field(row, column);
  std::array<std::byte, 32> digest;
  require_width(bytes, digest.size());
  std::memcpy(digest.data(), bytes.data(), digest.size());
  return digest;
}

}  // namespace pg
