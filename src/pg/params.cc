#include "pg/params.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace pg {
namespace {

constexpr std::uint32_t kByteaOid = 17;
constexpr std::uint32_t kBigintOid = 20;
constexpr std::uint32_t kTextOid = 25;
constexpr std::uint32_t kNullLength = 0xFFFFFFFF;

void append_uint32(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>((value >> shift) & 0xFF));
}

void append_uint64(std::string& out, std::uint64_t value) {
  append_uint32(out, static_cast<std::uint32_t>(value >> 32));
  append_uint32(out, static_cast<std::uint32_t>(value));
}

// The binary form of an array: number of dimensions, whether there are NULLs, element type, length and lower
// bound of the dimension, then each element after its length (array_recv in PostgreSQL's
// src/backend/utils/adt/arrayfuncs.c).
std::string make_array_head(std::uint32_t type, std::size_t size, bool has_nulls = false) {
  std::string head;
  for (const std::uint32_t word : {1u, has_nulls ? 1u : 0u, type, static_cast<std::uint32_t>(size), 1u})
    append_uint32(head, word);
  return head;
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

Params& Params::append_copy(std::string value) {
  const auto& kept = copies_.emplace_back(std::move(value));
  return append(kept.data(), kept.size());
}

Params& Params::add_copy(std::span<const std::byte> bytes) {
  return append_copy(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
}

Params& Params::add_digests(std::span<const std::array<std::byte, 32>> digests) {
  auto array = make_array_head(kByteaOid, digests.size());
  for (const auto& digest : digests) {
    append_uint32(array, static_cast<std::uint32_t>(digest.size()));
    array.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  }
  return append_copy(std::move(array));
}

Params& Params::add_texts(std::span<const std::optional<std::string_view>> texts) {
  const bool has_nulls = std::find(texts.begin(), texts.end(), std::nullopt) != texts.end();
  auto array = make_array_head(kTextOid, texts.size(), has_nulls);
  for (const auto& text : texts) {
    append_uint32(array, text ? static_cast<std::uint32_t>(text->size()) : kNullLength);
    if (text) array.append(*text);
  }
  return append_copy(std::move(array));
}

Params& Params::add_numbers(std::span<const std::int64_t> numbers) {
  auto array = make_array_head(kBigintOid, numbers.size());
  for (const auto number : numbers) {
    append_uint32(array, sizeof number);
    append_uint64(array, static_cast<std::uint64_t>(number));
  }
  return append_copy(std::move(array));
}

}  // namespace pg
