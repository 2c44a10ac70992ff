#include "base/uri.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace base {
namespace {

std::string percent_encode(std::string_view text, bool (*stays)(char c)) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (stays(c)) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      ((encoded += '%') += kDigits[byte >> 4]) += kDigits[byte & 0xF];
    }
  }
  return encoded;
}

}  // namespace

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 253 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

bool is_authority(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return is_host(text);
  const auto port = parse_number(text.substr(colon + 1));
  return port && *port >= 1 && *port <= 65535 && is_host(text.substr(0, colon));
}

std::string_view host_of(std::string_view text) {
  constexpr std::string_view kMark = "://";
  if (const auto mark = text.find(kMark); mark != std::string_view::npos)
    text.remove_prefix(mark + kMark.size());
  return text.substr(0, text.find(':'));
}

std::string_view without_default_port(std::string_view origin) {
  constexpr std::pair<std::string_view, std::string_view> kPorts[] = {{"http://", ":80"},
                                                                      {"https://", ":443"}};
  for (const auto& [scheme, port] : kPorts)
    if (origin.starts_with(scheme) && origin.ends_with(port)) origin.remove_suffix(port.size());
  return origin;
}

bool is_loopback(std::string_view host) {
  const bool is_number = host.find_first_not_of("0123456789.") == std::string_view::npos;
  return host == "localhost" || host.ends_with(".localhost") || (is_number && host.starts_with("127."));
}

std::string encode_uri_component(std::string_view text) {
  return percent_encode(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~").find(c) != std::string_view::npos;
  });
}

std::string encode_header_value(std::string_view text) {
  return percent_encode(text, [](char c) { return c >= ' ' && c <= '~' && c != '%'; });
}

}  // namespace base
