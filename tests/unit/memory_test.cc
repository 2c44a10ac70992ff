// What is left in the memory of a worker when a request with a password and tokens is answered, or when a
// part of the program has worked with them: no copy of them.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "auth/attempts.h"
#include "auth/engine.h"
#include "base/setting_source.h"
#include "crypto/imported_password.h"
#include "http/fcgi.h"

namespace {

// The secrets stand here with another bit set in each byte, so that this program does not hold them itself.
constexpr char kMask = 0x01;
constexpr std::string_view kMaskedPassword = "o4sk3s,uihsux,q4rrv1se,hr,vhqde";
constexpr std::string_view kMaskedToken = "UNJDO1UNJDO2UNJDO3UNJDO4UNJDO5UNJDO6UNJDO6@";

std::string unmask(std::string_view masked) {
  std::string text(masked);
  for (char& c : text) c = static_cast<char>(c ^ kMask);
  return text;
}

/// Stores the bytes of a token in `masked`, without allocating.
void mask_into(std::string& masked, const crypto::Token& token) {
  masked.clear();
  for (const std::byte byte : token.bytes())
    masked.push_back(static_cast<char>(static_cast<char>(byte) ^ kMask));
}

std::string record(char type, const std::string& content) {
  std::string bytes{1, type, 0, 1};
  bytes += static_cast<char>(content.size() >> 8);
  bytes += static_cast<char>(content.size() & 0xFF);
  return bytes + std::string(2, '\0') + content;
}

std::string parameter(const std::string& name, const std::string& value) {
  return std::string{static_cast<char>(name.size()), static_cast<char>(value.size())} + name + value;
}

/// Sends a registration with the password and the token; in a process of its own, whose memory is not looked
/// at.
void send_registration(int socket) {
  const pid_t child = ::fork();
  if (child != 0) {
    ::waitpid(child, nullptr, 0);
    return;
  }
  const std::string body = R"({"name":"Ada","username":"ada","password":")" + unmask(kMaskedPassword) + "\"}";
  const std::string bytes =
      record(1, std::string{0, 1, 1, 0, 0, 0, 0, 0}) +
      record(4, parameter("REQUEST_METHOD", "POST") + parameter("DOCUMENT_URI", "/register") +
                    parameter("CONTENT_TYPE", "application/json") +
                    parameter("CONTENT_LENGTH", std::to_string(body.size())) +
                    parameter("HTTP_COOKIE", "access_token=" + unmask(kMaskedToken) +
                                                 "; device_token=" + unmask(kMaskedToken)) +
                    parameter("HTTP_AUTHORIZATION", "Bearer " + unmask(kMaskedToken))) +
      record(4, "") + record(5, body) + record(5, "");
  ::_exit(::send(socket, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()) ? 0 : 1);
}

bool matches(const char* bytes, std::string_view masked) {
  for (std::size_t i = 0; i < masked.size(); ++i)
    if (bytes[i] != static_cast<char>(masked[i] ^ kMask)) return false;
  return true;
}

struct Mapping {
  unsigned long begin = 0;
  unsigned long end = 0;
  bool is_writable = false;
};

/// From a line of /proc/self/maps, which begins with "begin-end rights".
Mapping parse_mapping(std::string_view line) {
  Mapping mapping;
  const char* const last = line.data() + line.size();
  const char* const dash = std::from_chars(line.data(), last, mapping.begin, 16).ptr;
  if (dash == last) return {};
  const char* const space = std::from_chars(dash + 1, last, mapping.end, 16).ptr;
  mapping.is_writable = last - space > 2 && space[2] == 'w';
  return mapping;
}

/// The names of the mappings in which `masked` stands in clear, once for each time.
std::vector<std::string> find_in_memory(std::string_view masked) {
  std::vector<std::string> places;
  const int memory = ::open("/proc/self/mem", O_RDONLY);
  std::FILE* maps = std::fopen("/proc/self/maps", "r");
  char line[512];
  while (std::fgets(line, sizeof line, maps) != nullptr) {
    const auto [begin, end, is_writable] = parse_mapping(line);
    if (!is_writable) continue;
    std::vector<char> bytes(end - begin);
    const ssize_t size = ::pread(memory, bytes.data(), bytes.size(), static_cast<off_t>(begin));
    for (ssize_t i = 0; i + static_cast<ssize_t>(masked.size()) <= size; ++i)
      if (matches(bytes.data() + i, masked)) places.emplace_back(line);
  }
  EXPECT_EQ(std::fclose(maps), 0);
  ::close(memory);
  return places;
}

std::string join(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line;
  return text;
}

class Memory : public testing::Test {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "the allocator of the sanitizer does not overwrite what is freed";
#endif
  }
};

TEST_F(Memory, AnAnsweredRequestLeavesNoPasswordAndNoToken) {
  const auto lookup = [](std::string_view name) -> const char* {
    return name == "DB_HOST" ? "/nonexistent" : nullptr;
  };
  const auto settings = base::load_settings(base::SettingSource(lookup, "", "none"), 1).settings;
  pg::Connection database(settings);
  const auth::Blocklist blocklist("builtin");
  base::Scoreboard scoreboard{1};
  auth::Engine engine(settings, database, blocklist, scoreboard);
  http::init_fcgi();
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  const base::UniqueFd peer(ends[1]);
  http::FcgiConnection connection{base::UniqueFd(ends[0])};

  send_registration(peer.get());
  ASSERT_EQ(connection.read(), http::FcgiConnection::Input::request);
  EXPECT_EQ(find_in_memory(kMaskedPassword).empty(), false) << "this test does not see what is there";
  EXPECT_EQ(find_in_memory(kMaskedToken).empty(), false) << "this test does not see what is there";
  const http::Request* request = &connection.request();
  int status = 0;
  engine.answer(std::span(&request, 1), [&](std::size_t, const http::Response& response) {
    status = response.status;
    connection.send(response, true);
  });
  EXPECT_EQ(status, 503);  // the password is hashed, and then there is no database
  EXPECT_EQ(join(find_in_memory(kMaskedPassword)), "");
  EXPECT_EQ(join(find_in_memory(kMaskedToken)), "");
}

/// Runs a step so far down the stack that what looks for its traces does not overwrite them there.
[[gnu::noinline]] void run_below(const std::function<void()>& step) {
  std::array<volatile char, 1 << 18> distance;
  distance.front() = 0;
  step();
  distance.back() = 0;
}

/// What `step` works with, masked. There is room in each, so that nothing is allocated where traces may be.
using Masked = std::array<std::string, 2>;

/// Where the latter halves of the secrets stand in clear after `step`: the allocator itself writes over the
/// beginning of what is freed.
std::string find_after(const std::function<void(Masked&)>& step) {
  ::mallopt(M_PERTURB, 0xFF);  // as http::init_fcgi() does
  Masked secrets;
  for (auto& secret : secrets) secret.reserve(64);
  run_below([&] { step(secrets); });
  std::string places;
  for (const std::string_view secret : secrets)
    if (!secret.empty()) places += join(find_in_memory(secret.substr(secret.size() / 2)));
  return places;
}

TEST_F(Memory, ACopyThatIsLeftIsFound) {
  EXPECT_NE(find_after([](Masked& secrets) {
              secrets[0] = kMaskedToken;
              unmask(kMaskedToken);
            }),
            "");
}

TEST_F(Memory, ATokenThatIsParsedLeavesNoCopy) {
  EXPECT_EQ(find_after([](Masked& secrets) {
              secrets[0] = kMaskedToken;
              const base::Secret text(unmask(kMaskedToken));
              mask_into(secrets[1], *crypto::parse_token(text.view()));
            }),
            "");
}

TEST_F(Memory, TokensThatAreMadeLeaveNoCopy) {
  EXPECT_EQ(find_after([](Masked& secrets) { mask_into(secrets[0], crypto::make_token()); }), "");
  EXPECT_EQ(find_after([](Masked& secrets) {
              const auto pair = crypto::derive_successors(crypto::make_token(), crypto::make_rotation_salt());
              mask_into(secrets[0], pair.access);
              mask_into(secrets[1], pair.refresh);
            }),
            "");
}

TEST_F(Memory, TheKeyOfADeviceLeavesNoCopyOfItsToken) {
  EXPECT_EQ(find_after([](Masked& secrets) {
              secrets[0] = kMaskedToken;
              const base::Secret text(unmask(kMaskedToken));
              auth::make_device_key(*crypto::parse_token(text.view()));
            }),
            "");
}

TEST_F(Memory, APasswordThatIsLookedUpLeavesNoCopy) {
  const auth::Blocklist blocklist("builtin");
  EXPECT_EQ(find_after([&](Masked& secrets) {
              secrets[0] = kMaskedPassword;
              const base::Secret text(unmask(kMaskedPassword));
              blocklist.contains(text.view());
            }),
            "");
}

TEST_F(Memory, APasswordThatIsComparedWithAHashOfAnotherProgramLeavesNoCopy) {
  const char* stored[] = {
      "$2y$04$4GSoFqR2idLUNyz65wqzJ.B4dc/335L8ooReKmzQK1MvYG9EC8K1G",
      "$5$rounds=1000$EhhzCWSs8BecSaIu$puwrVQPRrH/Q8bwKoOuBfjGwHYssvYtdYj6Pt5j6.t/",
      "$y$j75$sGSCyGsluuYAwEoVJpDtO.$McssWYb38oRFLZnxqXj/Tfb6Fc93DR0O5SYifo9q6M4",
      "$1$bIFamdCa$2sQgGre7Cx4wpv1nfZ7Fo.",
      "$apr1$22jwZFze$j.LJbXUBpjwWTNWLLrHLh.",
      "{SHA}d72SaBDZNXHrWd1PikmO2V4dMMs=",
      "pbkdf2_sha256$1$salt$HSey7FcngjryI6f8CQJjaBj6gqHKJRKhLOjPpBahUUY=",
  };
  for (const auto* hash : stored)
    EXPECT_EQ(find_after([&](Masked& secrets) {
                secrets[0] = kMaskedPassword;
                const base::Secret text(unmask(kMaskedPassword));
                EXPECT_FALSE(crypto::matches_imported(text.view(), hash));
              }),
              "")
        << hash;
}

}  // namespace
