// The check of FastCGI records: whatever is accepted keeps its promises when it is cut or continued.
#include "fuzz.h"
#include "http/fcgi_records.h"
#include "http/role.h"

using http::RecordState;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto state = http::inspect_records(bytes);
  if (state != RecordState::complete) return 0;
  const auto number = std::to_integer<unsigned>(bytes[8]) * 256 + std::to_integer<unsigned>(bytes[9]);
  const auto* role = http::find_role(number);
  fuzz::require(role != nullptr &&
                size >= (role->has_body ? 32u : 24u));  // BEGIN_REQUEST, the ends of the streams
  if (!role->has_body) return 0;                        // whatever follows its parameters is no matter
  for (std::size_t cut = 0; cut < size; cut += 1 + size / 16)
    fuzz::require(http::inspect_records(bytes.first(cut)) == RecordState::incomplete);
  std::vector<std::byte> longer(bytes.begin(), bytes.end());
  longer.push_back(std::byte{1});
  fuzz::require(http::inspect_records(longer) == RecordState::refused);
  return 0;
}
