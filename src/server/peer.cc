#include "server/peer.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <system_error>

#include "base/unique_fd.h"

namespace server {
namespace {

/// Where the kernel is asked; not open until a process expects connections by TCP.
base::UniqueFd kernel;

/// What the kernel says of the user of a connection that is none of a Unix socket.
constexpr auto kNoUser = static_cast<uid_t>(-1);

std::optional<uid_t> find_unix_user(int connection) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer.uid == kNoUser ? std::nullopt : std::optional<uid_t>(peer.uid);
}

int family_of(int socket) {
  int family = AF_UNSPEC;
  socklen_t size = sizeof family;
  ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &family, &size);
  return family;
}

/// An end of a TCP connection, as sock_diag(7) has it.
struct End {
  int family = AF_INET;
  in_port_t port = 0;
  std::uint32_t address[4] = {};  // in network order; of IPv4 the first
};

using AskAddress = int (*)(int, sockaddr*, socklen_t*);

/// Nothing for a connection that is none of TCP.
std::optional<End> find_end(int connection, AskAddress ask) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (ask(connection, reinterpret_cast<sockaddr*>(&address), &size) != 0) return std::nullopt;
  if (address.ss_family != AF_INET && address.ss_family != AF_INET6) return std::nullopt;
  End end;
  if (address.ss_family == AF_INET) {
    const auto& inet = reinterpret_cast<const sockaddr_in&>(address);
    end.port = inet.sin_port;
    end.address[0] = inet.sin_addr.s_addr;
  } else {
    const auto& inet = reinterpret_cast<const sockaddr_in6&>(address);
    end.port = inet.sin6_port;
    std::memcpy(end.address, &inet.sin6_addr, sizeof end.address);
    end.family = AF_INET6;
    if (IN6_IS_ADDR_V4MAPPED(&inet.sin6_addr)) end = {AF_INET, inet.sin6_port, {end.address[3]}};
  }
  return end;
}

struct Question {
  nlmsghdr head;
  inet_diag_req_v2 request;
};

/// Asks for the socket whose own end is `peer`, and whose other end is `own`.
Question make_question(const End& peer, const End& own) {
  Question question{};
  question.head.nlmsg_len = sizeof question;
  question.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.head.nlmsg_flags = NLM_F_REQUEST;
  question.request.sdiag_family = static_cast<std::uint8_t>(peer.family);
  question.request.sdiag_protocol = IPPROTO_TCP;
  question.request.idiag_states = ~0u;
  auto& id = question.request.id;
  id.idiag_sport = peer.port;
  id.idiag_dport = own.port;
  std::copy(std::begin(peer.address), std::end(peer.address), id.idiag_src);
  std::copy(std::begin(own.address), std::end(own.address), id.idiag_dst);
  id.idiag_cookie[0] = id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  return question;
}

/// Whether the answer is about the socket of the question. Where there is no such connection on this host, as
/// for a peer on another one, the kernel tells of a socket that listens on the peer's port.
bool is_answer_to(const Question& question, const inet_diag_msg& answer) {
  const auto& asked = question.request.id;
  const auto& found = answer.id;
  return found.idiag_sport == asked.idiag_sport && found.idiag_dport == asked.idiag_dport &&
         std::ranges::equal(found.idiag_src, asked.idiag_src) &&
         std::ranges::equal(found.idiag_dst, asked.idiag_dst);
}

/// The user of the one socket that the kernel finds on this host. The kernel answers before send() returns. A
/// socket that its program has closed belongs to nobody any more and has no inode; older kernels tell the
/// user 0 of it, as if it were root's.
std::optional<uid_t> ask_kernel(const Question& question) {
  if (::send(kernel.get(), &question, sizeof question, 0) != sizeof question) return std::nullopt;
  struct {
    nlmsghdr head;
    inet_diag_msg socket;
    char more[1024];
  } answer{};
  const ssize_t size = ::recv(kernel.get(), &answer, sizeof answer, MSG_DONTWAIT);
  const bool found = size >= static_cast<ssize_t>(sizeof answer.head + sizeof answer.socket) &&
                     answer.head.nlmsg_type == SOCK_DIAG_BY_FAMILY && answer.socket.idiag_inode != 0 &&
                     is_answer_to(question, answer.socket);
  return found ? std::optional<uid_t>(answer.socket.idiag_uid) : std::nullopt;
}

}  // namespace

void prepare_for_peers(int listener) {
  if (family_of(listener) == AF_UNIX) return;
  kernel.reset(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
  if (!kernel)
    throw std::system_error(errno, std::generic_category(),
                            "the kernel does not tell who connects by TCP (AF_NETLINK)");
}

std::optional<uid_t> find_peer_user(int connection) {
  if (const auto user = find_unix_user(connection)) return user;
  const auto peer = find_end(connection, ::getpeername);
  const auto own = find_end(connection, ::getsockname);
  return peer && own ? ask_kernel(make_question(*peer, *own)) : std::nullopt;
}

}  // namespace server
