#include "auth/client.h"

#include "base/network.h"
#include "base/utf8.h"

namespace auth {
namespace {

/// In bytes: what a client says of itself takes no more room, whatever letters it has.
constexpr std::size_t kMostUserAgent = 200;

/// Whether the byte of a text in UTF-8 is within a character.
bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0u) == 0x80u;
}

std::string make_user_agent(std::string_view header) {
  auto text = base::without_control_characters(header);
  if (text.size() <= kMostUserAgent) return text;
  auto size = kMostUserAgent;
  while (continues(text[size])) --size;
  text.resize(size);
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
