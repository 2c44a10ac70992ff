// Cookie headers: the cookies that are counted are those that a second, simpler reading of the header finds,
// and the value of a single one is a part of the header.
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
  const auto found = http::find_cookie(header, kName);
  const auto values = read_simply(header);
  fuzz::require((found.count == http::CookieCount::none) == values.empty());
  fuzz::require((found.count == http::CookieCount::several) == (values.size() > 1));
  if (found.count != http::CookieCount::one) {
    fuzz::require(found.value.empty());
    return 0;
  }
  fuzz::require(found.value == values.front());
  fuzz::require(found.value.data() > header.data());
  fuzz::require(found.value.data() + found.value.size() <= header.data() + header.size());
  return 0;
}
