// Cookie headers: the cookies that are found are those that a second, simpler reading of the header finds,
// and their values are parts of the header.
#include "fuzz.h"
#include "http/cookie.h"

namespace {

constexpr std::string_view kName = "access_token";

/// The values of all cookies named kName.
std::vector<std::string> read_simply(std::string_view header) {
  std::vector<std::string> values;
  std::string pair;
  for (const char c : std::string(header) + ';') {
    if (c != ';') {
      pair += c;
      continue;
    }
    pair.erase(0, std::min(pair.find_first_not_of(" \t"), pair.size()));
    pair.erase(pair.find_last_not_of(" \t") + 1);
    if (pair.starts_with(std::string(kName) + '=')) values.push_back(pair.substr(kName.size() + 1));
    pair.clear();
  }
  return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto header = fuzz::text_of(data, size);
  std::vector<std::string> found;
  http::for_each_cookie(header, kName, [&](std::string_view value) {
    fuzz::require(value.data() > header.data());
    fuzz::require(value.data() + value.size() <= header.data() + header.size());
    found.emplace_back(value);
  });
  fuzz::require(found == read_simply(header));
  return 0;
}
