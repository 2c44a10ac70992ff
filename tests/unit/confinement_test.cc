// server/confinement, by trying: each attempt is made in a process of its own that has confined itself.
#include <crypt.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include "crypto/password.h"
#include "server/confinement.h"

namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

/// 0 for a result that is no failure, else errno.
int error_of(long result) {
  return result < 0 ? errno : 0;
}

struct Attempt {
  const char* name;
  int (*make)();           ///< Returns what error_of() does, or another number that is not 0.
  bool sanitized = false;  ///< The search for leaks of the sanitizer does it.
};

/// How the process has ended in which `make` was called after confine_worker(): its exit status is what
/// `make` has returned. 255: it could not confine itself.
int status_of(int (*make)()) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      server::confine_worker();
    } catch (const std::exception& failure) {
      ADD_FAILURE() << failure.what();
      ::_exit(255);
    }
    ::_exit(make());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

class Confinement : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const auto obstacle = server::find_confinement_obstacle(); !obstacle.empty())
      GTEST_SKIP() << obstacle;
    ASSERT_EQ(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
  }
};

long raw(long call, long a = 0, long b = 0, long c = 0, long d = 0, long e = 0) {
  return ::syscall(call, a, b, c, d, e);
}

long address(const void* data) {
  return reinterpret_cast<long>(data);
}

constexpr const char* kFile = "/tmp/sessiond-confinement-test";

const Attempt kDeadly[] = {
    {"run a program",
     [] {
       std::array<char*, 1> none{};
       return error_of(::execve("/bin/true", none.data(), none.data()));
     }},
    {"run a program by its descriptor",
     [] {
       std::array<char*, 1> none{};
       return error_of(
           raw(SYS_execveat, AT_FDCWD, address("/bin/true"), address(none.data()), address(none.data())));
     }},
    {"run a shell", [] { return ::system("true"); }, true},
    {"start a process",
     [] {
       const pid_t child = ::fork();
       if (child == 0) ::_exit(0);
       return error_of(child);
     },
     true},
    {"be traced, or trace", [] { return error_of(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr)); }, true},
    {"read the memory of its parent", [] { return error_of(raw(SYS_process_vm_readv, ::getppid())); }},
    {"write into the memory of its parent", [] { return error_of(raw(SYS_process_vm_writev, ::getppid())); }},
    {"become root", [] { return error_of(raw(SYS_setuid, 0)); }},
    {"become the user it is", [] { return error_of(raw(SYS_setresuid, -1, -1, -1)); }},
    {"change its groups", [] { return error_of(raw(SYS_setgroups, 0, 0)); }},
    {"take capabilities", [] { return error_of(raw(SYS_capset)); }},
    {"make a namespace", [] { return error_of(raw(SYS_unshare, CLONE_NEWUSER)); }},
    {"enter a namespace", [] { return error_of(raw(SYS_setns)); }},
    {"change its root", [] { return error_of(raw(SYS_chroot, address("/"))); }},
    {"mount", [] { return error_of(raw(SYS_mount)); }},
    {"load a program into the kernel", [] { return error_of(raw(SYS_bpf)); }},
    {"load a module", [] { return error_of(raw(SYS_finit_module)); }},
    {"use io_uring", [] { return error_of(raw(SYS_io_uring_setup)); }},
    {"handle page faults", [] { return error_of(raw(SYS_userfaultfd)); }},
    {"watch the processor", [] { return error_of(raw(SYS_perf_event_open)); }},
};

TEST_F(Confinement, WhatNoWorkerEverDoesEndsIt) {
  for (const auto& [name, make, sanitized] : kDeadly) {
    if (sanitized && kSanitized) continue;
    const int status = status_of(make);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << name << ": " << status;
  }
}

int open_for(int flags) {
  return error_of(::open(kFile, flags, 0600));
}

int kill_others(pid_t whom) {
  return error_of(::kill(whom, 0));
}

int use_socket(int (*use)(int socket, const sockaddr* address, socklen_t size)) {
  sockaddr_in any{};
  any.sin_family = AF_INET;
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  return socket < 0 ? 254 : error_of(use(socket, reinterpret_cast<const sockaddr*>(&any), sizeof any));
}

/// A new socket, of which the numbers begin behind those of the standard descriptors.
int open_socket() {
  return ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/// Sends one byte, and with it the descriptor 0, to whoever is at the other end of a pair.
int give_away(long call) {
  int ends[2]{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  char byte = 'x';
  iovec part{&byte, 1};
  mmsghdr message{};
  message.msg_hdr.msg_iov = &part;
  message.msg_hdr.msg_iovlen = 1;
  message.msg_hdr.msg_control = control.data();
  message.msg_hdr.msg_controllen = control.size();
  cmsghdr* head = CMSG_FIRSTHDR(&message.msg_hdr);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(int));
  return error_of(raw(call, ends[0], address(&message), call == SYS_sendmmsg ? 1 : 0));
}

int set_option(int level, int name) {
  const int value = 1;
  return error_of(::setsockopt(open_socket(), level, name, &value, sizeof value));
}

int map(int protection, int flags = MAP_PRIVATE | MAP_ANONYMOUS) {
  return ::mmap(nullptr, 4096, protection, flags, -1, 0) == MAP_FAILED ? errno : 0;
}

const Attempt kRefused[] = {
    {"write a file", [] { return open_for(O_WRONLY); }},
    {"read and write a file", [] { return open_for(O_RDWR); }},
    {"make a file", [] { return open_for(O_RDONLY | O_CREAT); }},
    {"empty a file", [] { return open_for(O_RDONLY | O_TRUNC); }},
    {"make a file without a name", [] { return error_of(::open("/tmp", O_TMPFILE | O_RDWR, 0600)); }},
    {"open by openat2()", [] { return error_of(raw(SYS_openat2)); }},
    {"make a directory", [] { return error_of(::mkdir(kFile, 0700)); }},
    {"remove a file", [] { return error_of(::unlink(kFile)); }},
    {"rename a file", [] { return error_of(::rename(kFile, "/tmp/other")); }},
    {"make a link", [] { return error_of(::symlink("/", kFile)); }},
    {"change rights", [] { return error_of(::chmod(kFile, 0777)); }},
    {"change the owner", [] { return error_of(::chown(kFile, 0, 0)); }},
    {"make a file in memory", [] { return error_of(raw(SYS_memfd_create, address("x"), 0)); }},
    {"send a signal to its parent", [] { return kill_others(::getppid()); }},
    {"send a signal to all", [] { return kill_others(-1); }},
    {"send a signal to a thread of its parent",
     [] { return error_of(raw(SYS_tgkill, ::getppid(), ::getppid(), 0)); }},
    {"send a signal by another call", [] { return error_of(raw(SYS_tkill, ::getppid(), 0)); }},
    {"have the kernel send signals to its parent",
     [] { return error_of(::fcntl(0, F_SETOWN, ::getppid())); }},
    {"choose which signal that is", [] { return error_of(::fcntl(0, F_SETSIG, SIGKILL)); }},
    {"let the log be written over", [] { return error_of(::fcntl(2, F_SETFL, O_NONBLOCK)); }},
    {"do that by a number that is too long",
     [] { return error_of(raw(SYS_fcntl, (1L << 32) + 2, F_SETFL, O_NONBLOCK)); }},
    {"go back in the log", [] { return error_of(::lseek(2, 0, SEEK_SET)); }},
    {"go back in the log by a number that is too long",
     [] { return error_of(raw(SYS_lseek, (1L << 32) + 1, 0, SEEK_SET)); }},
    {"go back in standard input", [] { return error_of(::lseek(0, 0, SEEK_SET)); }},
    {"name the log otherwise", [] { return error_of(::dup(2)); }},
    {"name the log otherwise by fcntl()", [] { return error_of(::fcntl(2, F_DUPFD_CLOEXEC, 3)); }},
    {"name it by a number of its choice", [] { return error_of(::dup2(2, 9)); }},
    {"write into the middle of the log", [] { return error_of(::pwrite(2, "x", 0, 0)); }},
    {"shorten the log", [] { return error_of(::ftruncate(2, 0)); }},
    {"map what others have, too", [] { return map(PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS); }},
    {"make others wait for a descriptor",
     [] {
       const int socket = open_socket();
       return error_of(::fcntl(socket, F_SETFL, O_RDWR));
     }},
    {"make others wait for a descriptor by ioctl()",
     [] {
       int off = 0;
       return error_of(::ioctl(open_socket(), FIONBIO, &off));
     }},
    {"end a socket for all", [] { return error_of(::shutdown(open_socket(), SHUT_RDWR)); }},
    {"give a descriptor away", [] { return give_away(SYS_sendmsg); }},
    {"give a descriptor away by another call", [] { return give_away(SYS_sendmmsg); }},
    {"make a socket deaf", [] { return set_option(SOL_SOCKET, SO_ATTACH_FILTER); }},
    {"choose who hears", [] { return set_option(SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF); }},
    {"leave a socket no room to send", [] { return set_option(SOL_SOCKET, SO_SNDBUF); }},
    {"change the protocol above TCP", [] { return set_option(IPPROTO_TCP, TCP_ULP); }},
    {"connect by MPTCP", [] { return error_of(::socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)); }},
    {"connect by SCTP", [] { return error_of(::socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP)); }},
    {"send by UDP-Lite", [] { return error_of(::socket(AF_INET6, SOCK_DGRAM, IPPROTO_UDPLITE)); }},
    {"send by ICMP", [] { return error_of(::socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)); }},
    {"send by IP itself", [] { return error_of(::socket(AF_INET, SOCK_RAW, IPPROTO_RAW)); }},
    {"send to a unix socket without a connection",
     [] { return error_of(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)); }},
    {"bind a socket", [] { return use_socket(::bind); }},
    {"listen",
     [] { return use_socket([](int socket, const sockaddr*, socklen_t) { return ::listen(socket, 1); }); }},
    {"talk to the kernel by netlink", [] { return error_of(::socket(AF_NETLINK, SOCK_RAW, 0)); }},
    {"see packets", [] { return error_of(::socket(AF_PACKET, SOCK_RAW, 0)); }},
    {"use the kernel's ciphers", [] { return error_of(::socket(AF_ALG, SOCK_SEQPACKET, 0)); }},
    {"make memory that it writes and runs", [] { return map(PROT_READ | PROT_WRITE | PROT_EXEC); }},
    {"make memory run that it has written",
     [] {
       void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
       return error_of(::mprotect(page, 4096, PROT_READ | PROT_EXEC));
     }},
    {"clone by a call that cannot be looked into", [] { return error_of(raw(SYS_clone3)); }},
    {"type into a terminal", [] { return error_of(::ioctl(0, TIOCSTI, "x")); }},
    {"let others trace it", [] { return error_of(::prctl(PR_SET_DUMPABLE, 1)); }, true},
    {"outlive the master", [] { return error_of(::prctl(PR_SET_PDEATHSIG, 0)); }, true},
    {"confine itself otherwise", [] { return error_of(raw(SYS_seccomp, 0, 0, 0)); }},
    {"raise a limit",
     [] {
       const rlimit none{0, 0};
       return error_of(::setrlimit(RLIMIT_CORE, &none));
     }},
    {"use the kernel's keys", [] { return error_of(raw(SYS_keyctl)); }},
    {"add a key", [] { return error_of(raw(SYS_add_key)); }},
    {"share memory", [] { return error_of(raw(SYS_shmget)); }},
    {"take the descriptor of a process", [] { return error_of(raw(SYS_pidfd_open, ::getppid())); }},
    {"change its personality", [] { return error_of(raw(SYS_personality, 0)); }},
    {"change its directory", [] { return error_of(::chdir("/tmp")); }},
    {"make a call that does not exist", [] { return error_of(raw(4000)); }},
};

TEST_F(Confinement, WhatAWorkerDoesNotNeedIsNotThere) {
  const int file = ::open(kFile, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_GE(file, 0);
  ASSERT_EQ(::write(file, "x", 1), 1);
  ::close(file);
  for (const auto& [name, make, sanitized] : kRefused) {
    if (sanitized && kSanitized) continue;
    const int status = status_of(make);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == ENOSYS) << name << ": " << status;
  }
  ::unlink(kFile);
}

int look_up(const char* name) {
  addrinfo* found = nullptr;
  const int result = ::getaddrinfo(name, nullptr, nullptr, &found);
  if (result == 0) ::freeaddrinfo(found);
  return result == 0 ? 0 : 1;
}

const Attempt kNeeded[] = {
    {"read a file", [] { return error_of(::open("/etc/passwd", O_RDONLY | O_CLOEXEC)); }},
    {"look up a name", [] { return look_up("localhost"); }},
    {"look up a name in a thread",
     [] {
       int result = 1;
       std::thread([&] { result = look_up("localhost"); }).join();
       return result;
     }},
    {"hash a password in threads",
     [] {
       crypto::PasswordHasher hasher({64, 1, 2});
       return hasher.hash("purple kites").empty() ? 1 : 0;
     }},
    {"verify a password of another program",
     [] {
       crypt_data data{};
       const char* made = ::crypt_r("purple kites", "$y$j9T$abcdefghijklmnop$", &data);
       return made == nullptr || *made == '*' ? 1 : 0;
     }},
    {"connect by IPv4", [] { return error_of(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); }},
    {"connect by IPv6",
     [] {
       const int error = error_of(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
       return error == EAFNOSUPPORT ? 0 : error;
     }},
    {"connect by a unix socket", [] { return error_of(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }},
    {"load a library", [] { return ::dlopen("libresolv.so.2", RTLD_NOW | RTLD_LOCAL) == nullptr ? 1 : 0; }},
    {"make a descriptor wait for nothing",
     [] {
       // The filter looks at the bits of the number.
       for (int socket = open_socket(); socket >= 0 && socket < 40; socket = open_socket())
         if (const int error = error_of(::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK)))
           return error;
       return 0;
     }},
    {"go back in a file",
     [] {
       for (int file = ::open("/etc/passwd", O_RDONLY); file >= 0 && file < 40;
            file = ::open("/etc/passwd", O_RDONLY))
         if (const int error = error_of(::lseek(file, 1, SEEK_SET))) return error;
       return 0;
     }},
    {"write to the log", [] { return error_of(::write(2, "", 0)); }},
    {"look up a name without sendmmsg()",
     [] {
       const char* options = ::getenv("RES_OPTIONS");
       return options != nullptr && std::string(options).find("single-request") != std::string::npos ? 0 : 1;
     }},
    {"connect by TCP", [] { return error_of(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP)); }},
    {"ask a name server",
     [] { return error_of(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_IP)); }},
    {"hear of errors of a name server", [] { return set_option(IPPROTO_IP, IP_RECVERR); }},
    {"send at once", [] { return set_option(IPPROTO_TCP, TCP_NODELAY); }},
    {"keep a connection alive", [] { return set_option(SOL_SOCKET, SO_KEEPALIVE); }},
    {"take memory", [] { return map(PROT_READ | PROT_WRITE); }},
    {"ask for its limits",
     [] {
       rlimit found{};
       return error_of(::getrlimit(RLIMIT_NOFILE, &found));
     }},
    {"send itself a signal", [] { return error_of(::kill(::getpid(), 0)); }},
};

TEST_F(Confinement, WhatAWorkerNeedsIsThere) {
  for (const auto& attempt : kNeeded) EXPECT_EQ(status_of(attempt.make), 0) << attempt.name;
}

TEST_F(Confinement, AWorkerThatAbortsSaysSo) {
  const int status = status_of([]() -> int {
    ::signal(SIGABRT, SIG_DFL);
    std::abort();
  });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT) << status;
}

}  // namespace
