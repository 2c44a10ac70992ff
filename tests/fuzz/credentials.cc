// Credentials: the first line is Authorization, the second Cookie. A token is one that encodes to the same
// text again, and a bearer token decides alone.
#include "auth/policy.h"
#include "fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const base::Settings settings{};
  auto text = fuzz::text_of(data, size);
  http::Request request;
  request.authorization = fuzz::take_line(text);
  request.cookie = fuzz::take_line(text);
  const auto found = auth::find_credentials(settings, request);
  for (const auto* token : {&found.access, &found.refresh, &found.device}) {
    if (!*token) continue;
    const auto encoded = (*token)->text();
    const auto& header = token == &found.access && found.from_bearer ? request.authorization : request.cookie;
    fuzz::require(encoded.size() == 43 && header.find(encoded.view()) != std::string_view::npos);
  }
  fuzz::require(!found.access || found.access_given);
  fuzz::require(!found.refresh || found.refresh_given);
  auth::is_json_content_type(request.authorization);
  auth::check_name(request.authorization);
  auth::check_username(request.cookie);
  return 0;
}
