// The check of FastCGI records: whatever is accepted keeps its promises when it is cut or continued.
#include "fuzz.h"
#include "http/fcgi_records.h"

using http::RecordState;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  const auto state = http::inspect_records(bytes);
  if (state != RecordState::complete) return 0;
  fuzz::require(size >= 32);  // BEGIN_REQUEST, and the ends of PARAMS and STDIN
  for (std::size_t cut = 0; cut < size; cut += 1 + size / 16)
    fuzz::require(http::inspect_records(bytes.first(cut)) == RecordState::incomplete);
  std::vector<std::byte> longer(bytes.begin(), bytes.end());
  longer.push_back(std::byte{1});
  fuzz::require(http::inspect_records(longer) == RecordState::refused);
  return 0;
}
