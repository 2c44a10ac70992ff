// A server that speaks just enough of PostgreSQL's protocol (manual, "Message Flow") for tests: it takes
// every connection and every statement, and does what the test wants where a real server would never do it in
// time.
#pragma once

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/unique_fd.h"

namespace fake {

/// A directory that is removed at the end.
class Directory {
 public:
  Directory() {
    char name[] = "/tmp/sd-unit.XXXXXX";
    if (::mkdtemp(name) == nullptr) std::abort();
    path_ = name;
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A listening socket where libpq looks for it, with port 5432. Nobody accepts unless a Postgres does: libpq
/// connects all the same, and waits.
inline base::UniqueFd listen_at(const Directory& directory) {
  base::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (directory.path() + "/.s.PGSQL.5432").copy(address.sun_path, sizeof address.sun_path - 1);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(socket.get(), 8) != 0)
    std::abort();
  return socket;
}

/// What the server sends for a query: one of these, or nothing to leave it to the default.
inline std::string message(char type, std::string_view content) {
  const auto size = static_cast<std::uint32_t>(content.size() + 4);
  std::string text(1, type);
  for (int shift = 24; shift >= 0; shift -= 8) text.push_back(static_cast<char>((size >> shift) & 0xFF));
  return text.append(content);
}
inline std::string completed(std::string_view tag) {
  return message('C', std::string(tag) + '\0');
}
inline std::string ready() {
  return message('Z', "I");
}
inline std::string fatal(std::string_view sqlstate) {
  std::string fields;
  for (const auto& field : {std::string("SFATAL"), std::string("VFATAL"), "C" + std::string(sqlstate),
                            std::string("Mthe server ends"), std::string()})
    fields.append(field).push_back('\0');
  return message('E', fields);
}

/// What the server does when it gets a query, alone or in a pipeline. By default, it completes the query.
/// After other bytes it sends nothing more on this connection.
struct Reaction {
  std::string bytes;
  bool closes = false;
};

/// Serves connections one after the other in a thread, until it is destroyed.
class Postgres {
 public:
  /// `react` gets the number of the connection, from 1, and the text of each query.
  using React = std::function<Reaction(int connection, const std::string& query)>;

  explicit Postgres(React react) : react_(std::move(react)), listener_(listen_at(directory_)) {
    thread_ = std::thread([this] { serve(); });
  }
  ~Postgres() {
    stopping_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  Postgres(const Postgres&) = delete;
  Postgres& operator=(const Postgres&) = delete;

  const std::string& path() const { return directory_.path(); }
  int connections() const { return connections_; }
  /// Ends the connection that is served, with these last words. To be called while the client asks nothing.
  void end_connection(const std::string& words) {
    send(peer_, words);
    ::shutdown(peer_, SHUT_RDWR);
  }

 private:
  void serve() {
    while (!stopping_) {
      base::UniqueFd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer) continue;
      peer_ = peer.get();
      ++connections_;
      while (!stopping_ && serve_message(peer.get())) {
      }
      started_ = silent_ = false;
    }
  }

  bool serve_message(int peer) {
    char type = 0;
    if (started_ && !read_all(peer, &type, 1)) return false;
    unsigned char size[4];
    if (!read_all(peer, size, 4)) return false;
    const auto length = static_cast<std::size_t>(size[0]) << 24 | static_cast<std::size_t>(size[1]) << 16 |
                        static_cast<std::size_t>(size[2]) << 8 | size[3];
    std::string content(length - 4, '\0');
    if (!read_all(peer, content.data(), content.size())) return false;
    return answer(peer, type, content);
  }

  bool answer(int peer, char type, const std::string& content) {
    if (!started_) return start(peer, content);
    switch (type) {
      case 'P':
        return parse(peer, content);
      case 'B':
        bound_ = statements_[content.substr(content.find('\0') + 1).c_str()];
        return say(peer, message('2', ""));
      case 'D':
        return say(peer, message('n', ""));
      case 'E':
        return run(peer, bound_, "");
      case 'S':
        return say(peer, ready());
      case 'Q':
        return run(peer, content.c_str(), ready());
      default:
        return type != 'X';
    }
  }

  /// The name and the text of a statement each end with a zero.
  bool parse(int peer, const std::string& content) {
    statements_[content.c_str()] = content.substr(content.find('\0') + 1).c_str();
    return say(peer, message('1', ""));
  }

  bool run(int peer, const std::string& query, const std::string& end) {
    const Reaction reaction = react_(connections_, query);
    if (reaction.bytes.empty() && !reaction.closes) return say(peer, completed("OK") + end);
    const bool said = say(peer, reaction.bytes);
    silent_ = true;
    return said && !reaction.closes;
  }

  bool say(int peer, const std::string& bytes) { return silent_ || send(peer, bytes); }

  /// A start-up message has no type. A request for encryption, which is as short, is declined.
  bool start(int peer, const std::string& content) {
    if (content.size() == 4) return send(peer, "N");
    started_ = true;
    return send(peer, message('R', std::string(4, '\0')) + ready());
  }

  static bool send(int peer, const std::string& bytes) {
    return ::send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }

  bool read_all(int peer, void* data, std::size_t size) {
    std::size_t got = 0;
    while (got < size) {
      pollfd descriptor{peer, POLLIN, 0};
      if (::poll(&descriptor, 1, 50) == 0 && !stopping_) continue;
      if (stopping_) return false;
      const ssize_t part = ::recv(peer, static_cast<char*>(data) + got, size - got, 0);
      if (part <= 0) return false;
      got += static_cast<std::size_t>(part);
    }
    return true;
  }

  React react_;
  Directory directory_;
  base::UniqueFd listener_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> connections_ = 0;
  std::atomic<int> peer_ = -1;
  bool started_ = false;
  bool silent_ = false;
  std::map<std::string, std::string> statements_;  ///< Texts by name.
  std::string bound_;                              ///< The text of the statement that runs next.
  std::thread thread_;
};

}  // namespace fake
