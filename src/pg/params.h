// The parameters of one execution of a prepared statement, in binary format.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace pg {

/// Parameters are added in the order $1, $2, ... Texts and bytes are not copied, unless that is said, and
/// must live until the statement has run; arrays are copied. Adding more than kMost throws logic_error.
class Params {
 public:
  static constexpr std::size_t kMost = 16;

  Params& add(std::int64_t number);  ///< bigint
  Params& add(std::string_view text);
  Params& add(std::span<const std::byte> bytes);                              ///< bytea
  Params& add_optional(const std::optional<std::string_view>& text);          ///< Nothing becomes NULL.
  Params& add_digests(std::span<const std::array<std::byte, 32>> digests);    ///< bytea[]
  Params& add_texts(std::span<const std::optional<std::string_view>> texts);  ///< text[]
  Params& add_numbers(std::span<const std::int64_t> numbers);                 ///< bigint[]
  Params& add_copy(std::span<const std::byte> bytes);                         ///< bytea, which is copied
  Params& add_null();

  int size() const { return static_cast<int>(size_); }
  /// Arrays for libpq; valid until the object is changed or destroyed.
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

  Params() = default;
  Params(const Params&) = delete;
  Params& operator=(const Params&) = delete;

 private:
  Params& append(const char* value, std::size_t length);
  Params& append_copy(std::string value);

  std::size_t size_ = 0;
  std::array<const char*, kMost> values_{};
  std::array<int, kMost> lengths_{};
  std::array<int, kMost> formats_{};
  std::array<std::array<char, 8>, kMost> numbers_{};
  std::deque<std::string> copies_;  ///< Whose elements stay where they are.
};

}  // namespace pg
