// The whole way of a request through a worker over a socketpair, without a database: bytes in, libfcgi,
// engine, answer out. An input that begins with 0 is sent as it is. Any other is a body after lines of
// parameters and an empty line, and the target makes the records, of the role Authorizer where FCGI_ROLE is
// among them. Left out is the loop of server/worker, which accepts, waits, gathers batches and closes late
// connections: it ends by a signal only, and its choices depend on when bytes arrive and not on what they
// are. tests/integration/fastcgi.bats has it.
#include <sys/socket.h>

#include "auth/engine.h"
#include "base/log.h"
#include "base/setting_source.h"
#include "fuzz.h"
#include "http/fcgi.h"

namespace {

const char* no_database(const char* name) {
  return std::string_view(name) == "DB_HOST" ? "/nonexistent" : nullptr;
}

base::Settings make_settings() {
  auto settings = base::load_settings(base::SettingSource(no_database, "", "none"), 1).settings;
  settings.argon2_memory_kib = 64;
  settings.argon2_time = 1;
  return settings;
}

struct Service {
  base::Settings settings = make_settings();
  pg::Connection database{settings};
  auth::Blocklist blocklist{"builtin"};
  base::Scoreboard scoreboard{1};
  auth::Engine engine{settings, database, blocklist, scoreboard};
};

void append_record(std::string& out, char type, std::string_view content) {
  const auto size = content.size();
  out.append({1, type, 0, 1, static_cast<char>(size >> 8), static_cast<char>(size & 0xFF), 0, 0})
      .append(content);
}

void append_stream(std::string& out, char type, std::string_view content) {
  for (; !content.empty(); content.remove_prefix(std::min<std::size_t>(content.size(), 65535)))
    append_record(out, type, content.substr(0, 65535));
  append_record(out, type, {});
}

void append_length(std::string& out, std::size_t length) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    const auto byte = static_cast<unsigned>(length >> shift) & 0xFFu;
    out.push_back(static_cast<char>(shift == 24 ? byte | 0x80u : byte));
  }
}

std::string make_request(std::string_view text) {
  std::string parameters;
  while (!text.empty()) {
    const auto line = fuzz::take_line(text);
    if (line.empty()) break;
    const auto equals = std::min(line.find('='), line.size());
    const auto value = line.substr(std::min(equals + 1, line.size()));
    append_length(parameters, equals);
    append_length(parameters, value.size());
    parameters.append(line.substr(0, equals)).append(value);
  }
  std::string bytes;
  const bool asks = parameters.find("FCGI_ROLE") != std::string::npos;
  append_record(bytes, 1, std::string_view(asks ? "\0\2\1\0\0\0\0\0" : "\0\1\1\0\0\0\0\0", 8));
  append_stream(bytes, 4, parameters);
  append_stream(bytes, 5, text);
  return bytes;
}

/// Every answer is one whole response of CGI in records of FastCGI, and its Content-Length is right.
void require_answer(std::string_view bytes) {
  std::string output;
  while (bytes.size() >= 8 && bytes[1] == 6) {
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(bytes[4])) * 256 +
                      static_cast<unsigned char>(bytes[5]);
    output.append(bytes.substr(8, size));
    bytes.remove_prefix(std::min(bytes.size(), 8 + size + static_cast<unsigned char>(bytes[6])));
  }
  const auto end = output.find("\r\n\r\n");
  fuzz::require(output.starts_with("Status: ") && end != std::string::npos);
  const auto length = output.find("Content-Length: ");
  const auto body = output.size() - end - 4;
  fuzz::require(length < end ? std::stoul(output.substr(length + 16)) == body : body == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Service service;
  static const bool prepared = [] {
    http::init_fcgi();
    base::set_log_level(base::LogLevel::error);
    return true;
  }();
  if (!prepared || size > 60000) return 0;
  const auto text = fuzz::text_of(data, size);
  const bool is_raw = size > 0 && data[0] == 0;
  const std::string bytes = is_raw ? std::string(text.substr(1)) : make_request(text);
  int ends[2];
  fuzz::require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
  const base::UniqueFd peer(ends[1]);
  http::FcgiConnection connection{base::UniqueFd(ends[0])};
  const timeval limit{2, 0};
  ::setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  ::setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  fuzz::require(::send(peer.get(), bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  const auto input = connection.read();
  fuzz::require(is_raw || input != http::FcgiConnection::Input::incomplete);
  if (input != http::FcgiConnection::Input::request) return 0;
  const http::Request* request = &connection.request();
  bool answered = false;
  service.engine.answer(std::span(&request, 1), [&](std::size_t, const http::Response& response) {
    answered = true;
    connection.send(response, false);
  });
  fuzz::require(answered);
  std::string answer(1 << 18, '\0');
  const ssize_t got = ::recv(peer.get(), answer.data(), answer.size(), MSG_DONTWAIT);
  fuzz::require(got > 0);
  require_answer(std::string_view(answer).substr(0, static_cast<std::size_t>(got)));
  return 0;
}
