#include "auth/client.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/utf8.h"

namespace auth {
namespace {

constexpr std::size_t kMostUserAgent = 200;

bool is_address(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

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
  if (std::string address(request.remote_address); is_address(address)) client.address = std::move(address);
  client.user_agent = make_user_agent(request.user_agent);
  return client;
}

}  // namespace auth
