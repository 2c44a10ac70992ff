#include "auth/client.h"

#include <algorithm>

#include "base/network.h"
#include "base/utf8.h"

namespace auth {
namespace {

constexpr std::size_t kMostUserAgent = 200;

std::string make_user_agent(std::string_view header) {
  auto text = base::without_control_characters(header);
  std::size_t characters = 0;
  const auto end = std::find_if(text.begin(), text.end(), [&](char c) {
    const bool starts = (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
    return starts && ++characters > kMostUserAgent;
  });
  text.erase(end, text.end());
  return text;
}

}  // namespace

store::ClientInfo make_client_info(const http::Request& request) {
  store::ClientInfo client;
  if (base::is_address(request.remote_address)) client.address.emplace(request.remote_address);
  client.user_agent = make_user_agent(request.user_agent);
  return client;
}

}  // namespace auth
