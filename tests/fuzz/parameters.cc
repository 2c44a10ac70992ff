// Parameters of a request, one a line: each known one is taken once, and its value is the bytes after `=`.
#include <algorithm>

#include "fuzz.h"
#include "http/request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = fuzz::text_of(data, size);
  const auto whole = text;
  http::Request request;
  while (!text.empty()) http::add_parameter(request, fuzz::take_line(text));
  for (const auto& parameter : http::kRequestParameters) {
    const auto value = request.*parameter.member;
    if (value.empty()) continue;
    fuzz::require(value.data() > whole.data() && value.data() + value.size() <= whole.data() + whole.size());
    fuzz::require(value.find('\n') == std::string_view::npos && value.data()[-1] == '=');
  }
  return 0;
}
