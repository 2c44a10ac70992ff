#include "http/fcgi_records.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "http/role.h"

namespace http {
namespace {

constexpr std::size_t kHeadSize = 8;
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kBeginRequest = 1;
constexpr std::uint8_t kParams = 4;
constexpr std::uint8_t kStdin = 5;
constexpr std::array<unsigned, 2> kStreams{kParams, kStdin};
constexpr std::size_t kBeginSize = 8;

using Bytes = std::span<const std::byte>;

unsigned byte_at(Bytes bytes, std::size_t i) {
  return std::to_integer<unsigned>(bytes[i]);
}

struct Record {
  unsigned type;
  unsigned request_id;
  Bytes content;
  std::size_t size;  ///< With header and padding.
};

/// The record at the front; nothing when it has not arrived completely.
std::optional<Record> first_record(Bytes bytes) {
  if (bytes.size() < kHeadSize) return std::nullopt;
  const std::size_t content = byte_at(bytes, 4) * 256u + byte_at(bytes, 5);
  const std::size_t size = kHeadSize + content + byte_at(bytes, 6);
  if (bytes.size() < size) return std::nullopt;
  return Record{byte_at(bytes, 1), byte_at(bytes, 2) * 256u + byte_at(bytes, 3),
                bytes.subspan(kHeadSize, content), size};
}

/// True when the bytes that have arrived of a record header show a wrong version or type. Then there is no
/// need to wait for the rest of the record.
bool is_bad_head(Bytes bytes, unsigned expected_type) {
  return (!bytes.empty() && byte_at(bytes, 0) != kVersion) ||
         (bytes.size() > 1 && byte_at(bytes, 1) != expected_type);
}

/// Checks that the lengths of names and values add up to the content of the PARAMS records. It keeps no bytes
/// of them, as there are tokens among them.
class ParameterCheck {
 public:
  /// False when there are more than kMostParameterBytes.
  bool take(Bytes content) {
    total_ += content.size();
    while (!content.empty() && total_ <= kMostParameterBytes) {
      const std::size_t skipped = std::min(text_left_, content.size());
      text_left_ -= skipped;
      content = content.subspan(skipped);
      if (content.empty()) break;
      take_length_byte(byte_at(content, 0));
      content = content.subspan(1);
    }
    return total_ <= kMostParameterBytes;
  }
  /// True when the lengths add up to exactly what was taken. Call it after the last record.
  bool adds_up() const { return text_left_ == 0 && length_left_ == 0 && !has_name_length_; }

 private:
  /// A length has one byte, or four when the highest bit of the first is set (section 3.4).
  void take_length_byte(unsigned byte) {
    if (length_left_ == 0) {
      length_ = byte & 0x7Fu;
      length_left_ = (byte & 0x80u) == 0 ? 1 : 4;
    } else {
      length_ = length_ * 256 + byte;
    }
    if (--length_left_ > 0) return;
    text_left_ = has_name_length_ ? name_length_ + length_ : 0;
    name_length_ = length_;
    has_name_length_ = !has_name_length_;
  }

  std::size_t total_ = 0;
  std::size_t length_ = 0;       ///< The length that is being read.
  unsigned length_left_ = 0;     ///< Its bytes that have not come yet.
  std::size_t name_length_ = 0;  ///< Valid with has_name_length_.
  bool has_name_length_ = false;
  std::size_t text_left_ = 0;  ///< Bytes of the name and the value that have not come yet.
};

/// The role that a BEGIN_REQUEST names; null when it is none that is served, or the record is not valid.
const RoleRow* find_begun_role(const Record& record) {
  if (record.request_id == 0 || record.content.size() != kBeginSize) return nullptr;
  return find_role(byte_at(record.content, 0) * 256u + byte_at(record.content, 1));
}

}  // namespace

RecordState inspect_records(Bytes bytes) {
  if (is_bad_head(bytes, kBeginRequest)) return RecordState::refused;
  const auto begin = first_record(bytes);
  if (!begin) return RecordState::incomplete;
  const RoleRow* role = find_begun_role(*begin);
  if (role == nullptr) return RecordState::refused;
  bytes = bytes.subspan(begin->size);

  ParameterCheck parameters;
  for (unsigned expected : std::span(kStreams).first(role->has_body ? 2 : 1)) {
    for (bool ended = false; !ended;) {
      if (is_bad_head(bytes, expected)) return RecordState::refused;
      const auto record = first_record(bytes);
      if (!record) return RecordState::incomplete;
      if (record->request_id != begin->request_id) return RecordState::refused;
      if (expected == kParams && !parameters.take(record->content)) return RecordState::refused;
      ended = record->content.empty();
      if (ended && record->size != kHeadSize)
        return RecordState::refused;  // libfcgi does not skip padding in an empty record
      bytes = bytes.subspan(record->size);
    }
  }
  return (bytes.empty() || !role->has_body) && parameters.adds_up() ? RecordState::complete
                                                                    : RecordState::refused;
}

}  // namespace http
