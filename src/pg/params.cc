#include "pg/params.h"

#include <algorithm>
#include <stdexcept>

namespace pg {
namespace {

constexpr std::uint32_t kByteaOid = 17;

void append_uint32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>((value >> shift) & 0xFF));
}

}  // namespace

Params& Params::append(const char* value, std::size_t length) {
  if (size_ == kMost) throw std::logic_error("a statement was given more parameters than Params can hold");
  values_[size_] = value;
  lengths_[size_] = static_cast<int>(length);
  formats_[size_] = 1;
  ++size_;
  return *this;
}

Params& Params::add(std::int64_t number) {
  auto& bytes = numbers_[std::min(size_, kMost - 1)];
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<char>((static_cast<std::uint64_t>(number) >> (56 - 8 * i)) & 0xFF);
  return append(bytes.data(), bytes.size());
}

Params& Params::add(std::string_view text) {
  return append(text.data() == nullptr ? "" : text.data(), text.size());
}

Params& Params::add(std::span<const std::byte> bytes) {
  return append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

Params& Params::add_optional(const std::optional<std::string_view>& text) {
  return text ? add(*text) : add_null();
}

Params& Params::add_null() {
  return append(nullptr, 0);
}

// The binary form of an array: number of dimensions, whether there are NULLs, element type, length and lower
// bound of the dimension, then each element after its length (array_recv in PostgreSQL's
// src/backend/utils/adt/arrayfuncs.c).
Params& Params::add_digests(std::span<const std::array<std::byte, 32>> digests) {
  array_.clear();
  for (const std::uint32_t word : {1u, 0u, kByteaOid, static_cast<std::uint32_t>(digests.size()), 1u})
    append_uint32(array_, word);
  for (const auto& digest : digests) {
    append_uint32(array_, static_cast<std::uint32_t>(digest.size()));
    array_.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  }
  return append(array_.data(), array_.size());
}

}  // namespace pg
