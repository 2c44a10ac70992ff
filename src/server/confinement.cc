#include "server/confinement.h"

#include <fcntl.h>
#include <malloc.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace server {
namespace {

#ifdef __SANITIZE_ADDRESS__
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

/// What is not on these lists has the answer ENOSYS: from it, libraries know that a call is not to be had,
/// and do without, or take an older one that stands here.
constexpr int kMemory[] = {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise)};

/// Of files only reading: certificates of the database, configuration of the resolver, libraries that are
/// loaded when they are needed.
constexpr int kFiles[] = {
    SCMP_SYS(close),      SCMP_SYS(close_range), SCMP_SYS(read),       SCMP_SYS(readv),
    SCMP_SYS(pread64),    SCMP_SYS(stat),        SCMP_SYS(stat64),     SCMP_SYS(lstat),
    SCMP_SYS(lstat64),    SCMP_SYS(fstat),       SCMP_SYS(fstat64),    SCMP_SYS(newfstatat),
    SCMP_SYS(fstatat64),  SCMP_SYS(statx),       SCMP_SYS(statfs),     SCMP_SYS(statfs64),
    SCMP_SYS(fstatfs),    SCMP_SYS(fstatfs64),   SCMP_SYS(access),     SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(readlink),    SCMP_SYS(readlinkat), SCMP_SYS(getdents),
    SCMP_SYS(getdents64), SCMP_SYS(getcwd),      SCMP_SYS(flock),      SCMP_SYS(fadvise64),
    SCMP_SYS(write),      SCMP_SYS(writev),      SCMP_SYS(pipe),       SCMP_SYS(pipe2)};

/// Connections of nginx, and to the database; none but the master listens. Neither sendmsg() nor sendmmsg(),
/// which can give the listening socket to any program of this host, nor shutdown(), which would end it for
/// all workers, and likewise the log where that is a socket.
constexpr int kSockets[] = {SCMP_SYS(accept),     SCMP_SYS(accept4),     SCMP_SYS(connect),
                            SCMP_SYS(send),       SCMP_SYS(sendto),      SCMP_SYS(recv),
                            SCMP_SYS(recvfrom),   SCMP_SYS(recvmsg),     SCMP_SYS(recvmmsg),
                            SCMP_SYS(getsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername)};

constexpr int kWaiting[] = {
    SCMP_SYS(epoll_create), SCMP_SYS(epoll_create1),   SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),   SCMP_SYS(epoll_pwait),     SCMP_SYS(poll),
    SCMP_SYS(ppoll),        SCMP_SYS(ppoll_time64),    SCMP_SYS(select),
    SCMP_SYS(_newselect),   SCMP_SYS(pselect6),        SCMP_SYS(pselect6_time64),
    SCMP_SYS(eventfd2),     SCMP_SYS(futex),           SCMP_SYS(futex_time64),
    SCMP_SYS(nanosleep),    SCMP_SYS(clock_nanosleep), SCMP_SYS(clock_nanosleep_time64),
    SCMP_SYS(pause),        SCMP_SYS(sched_yield),     SCMP_SYS(restart_syscall)};

constexpr int kTime[] = {SCMP_SYS(clock_gettime), SCMP_SYS(clock_gettime64),
                         SCMP_SYS(clock_getres),  SCMP_SYS(gettimeofday),
                         SCMP_SYS(time),          SCMP_SYS(times)};

constexpr int kItself[] = {SCMP_SYS(exit),
                           SCMP_SYS(exit_group),
                           SCMP_SYS(getpid),
                           SCMP_SYS(getppid),
                           SCMP_SYS(gettid),
                           SCMP_SYS(getuid),
                           SCMP_SYS(getuid32),
                           SCMP_SYS(geteuid),
                           SCMP_SYS(geteuid32),
                           SCMP_SYS(getgid),
                           SCMP_SYS(getgid32),
                           SCMP_SYS(getegid),
                           SCMP_SYS(getegid32),
                           SCMP_SYS(getresuid),
                           SCMP_SYS(getresuid32),
                           SCMP_SYS(getresgid),
                           SCMP_SYS(getresgid32),
                           SCMP_SYS(getgroups),
                           SCMP_SYS(getgroups32),
                           SCMP_SYS(getpgrp),
                           SCMP_SYS(getrandom),
                           SCMP_SYS(getrusage),
                           SCMP_SYS(getrlimit),
                           SCMP_SYS(ugetrlimit),
                           SCMP_SYS(getcpu),
                           SCMP_SYS(uname),
                           SCMP_SYS(sysinfo),
                           SCMP_SYS(rt_sigaction),
                           SCMP_SYS(rt_sigprocmask),
                           SCMP_SYS(rt_sigpending),
                           SCMP_SYS(rt_sigreturn),
                           SCMP_SYS(sigreturn),
                           SCMP_SYS(sigaltstack),
                           SCMP_SYS(rseq),
                           SCMP_SYS(set_robust_list),
                           SCMP_SYS(set_tid_address),
                           SCMP_SYS(sched_getparam),
                           SCMP_SYS(sched_getaffinity),
                           SCMP_SYS(sched_getscheduler)};

constexpr std::span<const int> kNeeded[] = {kMemory, kFiles, kSockets, kWaiting, kTime, kItself};

/// The bits `mask` of an argument are `value`. The kernel looks at no more than 32 bits of most arguments,
/// and what stands in the others is left to chance.
struct Condition {
  unsigned argument;
  std::uint64_t mask;
  std::uint64_t value;
};

constexpr std::uint64_t kInt = 0xFFFFFFFF;

constexpr Condition is(unsigned argument, std::uint64_t value) {
  return {argument, kInt, value};
}

/// A system call that is needed where all of these hold.
struct NeededWhere {
  int call;
  std::vector<Condition> conditions;
};

constexpr std::uint64_t kWrites = O_ACCMODE | O_CREAT | O_TRUNC;
constexpr std::uint64_t kWriteAndRun = PROT_WRITE | PROT_EXEC;
constexpr std::uint64_t kKind = 0xF;               ///< Of the type of a socket, without its flags.
constexpr std::uint64_t kNameMemory = 0x53564D41;  ///< PR_SET_VMA, which Debian 12 has no word for.
constexpr Condition kOwnMemory{3, MAP_SHARED, 0};

/// Code is what was loaded from files, and memory that is code is never written to. Memory that is shared was
/// there before.
const NeededWhere kMemoryWhere[] = {
    {SCMP_SYS(mmap), {{2, kWriteAndRun, 0}, kOwnMemory}},
    {SCMP_SYS(mmap), {{2, kWriteAndRun, PROT_WRITE}, kOwnMemory}},
    {SCMP_SYS(mmap), {{2, kWriteAndRun, PROT_EXEC}, kOwnMemory}},
    {SCMP_SYS(mmap2), {{2, kWriteAndRun, 0}, kOwnMemory}},
    {SCMP_SYS(mmap2), {{2, kWriteAndRun, PROT_WRITE}, kOwnMemory}},
    {SCMP_SYS(mmap2), {{2, kWriteAndRun, PROT_EXEC}, kOwnMemory}},
    {SCMP_SYS(mprotect), {{2, PROT_EXEC, 0}}},
};

const NeededWhere kFilesWhere[] = {
    {SCMP_SYS(open), {{1, kWrites, 0}}},
    {SCMP_SYS(openat), {{2, kWrites, 0}}},
    // Not F_SETOWN: the kernel would send signals to others for it (O_ASYNC).
    {SCMP_SYS(fcntl), {is(1, F_GETFD)}},
    {SCMP_SYS(fcntl), {is(1, F_SETFD)}},
    {SCMP_SYS(fcntl), {is(1, F_GETFL)}},
    {SCMP_SYS(fcntl64), {is(1, F_GETFD)}},
    {SCMP_SYS(fcntl64), {is(1, F_SETFD)}},
    {SCMP_SYS(fcntl64), {is(1, F_GETFL)}},
    {SCMP_SYS(ioctl), {is(1, FIONREAD)}},
    {SCMP_SYS(ioctl), {is(1, TCGETS)}},
    {SCMP_SYS(ioctl), {is(1, SIOCGIFNAME)}},
    {SCMP_SYS(ioctl), {is(1, SIOCGIFINDEX)}},
};

/// The flags that a descriptor can get: those of one that waits for nothing, as the listening socket must not
/// either. What it was opened for is no matter here, as the kernel lets nobody change that.
constexpr Condition kWaitsForNothing{2, kInt & ~std::uint64_t{O_ACCMODE}, O_NONBLOCK};

/// What is needed of descriptors, but not of the standard ones: the master writes its log by the same open
/// file, and would write over what is there already, or wait for a reader. A descriptor cannot become another
/// one: dup() and its kin are on no list.
const NeededWhere kNotOfStandard[] = {
    {SCMP_SYS(lseek), {}},
    {SCMP_SYS(_llseek), {}},
    {SCMP_SYS(fcntl), {is(1, F_SETFL), kWaitsForNothing}},
    {SCMP_SYS(fcntl64), {is(1, F_SETFL), kWaitsForNothing}},
};

/// The families, kinds and protocols of new sockets. The resolver does without netlink, as it does under the
/// unit of systemd.
const NeededWhere kSocketsWhere[] = {
    {SCMP_SYS(socket), {is(0, AF_UNIX), {1, kKind, SOCK_STREAM}, is(2, 0)}},
    {SCMP_SYS(socket), {is(0, AF_INET), {1, kKind, SOCK_STREAM}, is(2, 0)}},
    {SCMP_SYS(socket), {is(0, AF_INET), {1, kKind, SOCK_STREAM}, is(2, IPPROTO_TCP)}},
    {SCMP_SYS(socket), {is(0, AF_INET), {1, kKind, SOCK_DGRAM}, is(2, 0)}},
    {SCMP_SYS(socket), {is(0, AF_INET), {1, kKind, SOCK_DGRAM}, is(2, IPPROTO_UDP)}},
    {SCMP_SYS(socket), {is(0, AF_INET6), {1, kKind, SOCK_STREAM}, is(2, 0)}},
    {SCMP_SYS(socket), {is(0, AF_INET6), {1, kKind, SOCK_STREAM}, is(2, IPPROTO_TCP)}},
    {SCMP_SYS(socket), {is(0, AF_INET6), {1, kKind, SOCK_DGRAM}, is(2, 0)}},
    {SCMP_SYS(socket), {is(0, AF_INET6), {1, kKind, SOCK_DGRAM}, is(2, IPPROTO_UDP)}},
};

/// The options of sockets that are set: deadlines of connections, those of libpq, and errors for the
/// resolver. Not the filters of packets, by which a listening socket of TCP, or the log, would hear nothing
/// any more.
const NeededWhere kOptionsWhere[] = {
    {SCMP_SYS(setsockopt), {is(1, SOL_SOCKET), is(2, SO_RCVTIMEO)}},
    {SCMP_SYS(setsockopt), {is(1, SOL_SOCKET), is(2, SO_SNDTIMEO)}},
    {SCMP_SYS(setsockopt), {is(1, SOL_SOCKET), is(2, SO_KEEPALIVE)}},
    {SCMP_SYS(setsockopt), {is(1, IPPROTO_TCP), is(2, TCP_NODELAY)}},
    {SCMP_SYS(setsockopt), {is(1, IPPROTO_TCP), is(2, TCP_KEEPIDLE)}},
    {SCMP_SYS(setsockopt), {is(1, IPPROTO_TCP), is(2, TCP_KEEPINTVL)}},
    {SCMP_SYS(setsockopt), {is(1, IPPROTO_TCP), is(2, TCP_KEEPCNT)}},
    {SCMP_SYS(setsockopt), {is(1, IPPROTO_TCP), is(2, TCP_USER_TIMEOUT)}},
    {SCMP_SYS(setsockopt), {is(1, IPPROTO_IP), is(2, IP_RECVERR)}},
    {SCMP_SYS(setsockopt), {is(1, IPPROTO_IPV6), is(2, IPV6_RECVERR)}},
};

/// Threads look up the names of the database's hosts, and compute the lanes of a password hash. clone3()
/// cannot be looked into, so that it must be clone().
const NeededWhere kItselfWhere[] = {
    {SCMP_SYS(clone), {{0, CLONE_THREAD, CLONE_THREAD}}},
    {SCMP_SYS(prctl), {is(0, PR_SET_NAME)}},
    {SCMP_SYS(prctl), {is(0, PR_GET_NAME)}},
    {SCMP_SYS(prctl), {is(0, kNameMemory)}},
    {SCMP_SYS(prlimit64), {{2, ~std::uint64_t{0}, 0}}},  // without a new limit
};

const std::span<const NeededWhere> kNeededWhere[] = {kMemoryWhere, kFilesWhere, kSocketsWhere, kOptionsWhere,
                                                     kItselfWhere};

/// What neither a worker nor a library in it ever does: whoever does it has taken over the worker. To run
/// programs, to reach into other processes, to become another user, and to make calls that have opened the
/// kernel itself more than once.
constexpr int kFatal[] = {SCMP_SYS(execve),
                          SCMP_SYS(execveat),
                          SCMP_SYS(fork),
                          SCMP_SYS(vfork),
                          SCMP_SYS(ptrace),
                          SCMP_SYS(process_vm_readv),
                          SCMP_SYS(process_vm_writev),
                          SCMP_SYS(pidfd_getfd),
                          SCMP_SYS(setuid),
                          SCMP_SYS(setgid),
                          SCMP_SYS(setreuid),
                          SCMP_SYS(setregid),
                          SCMP_SYS(setresuid),
                          SCMP_SYS(setresgid),
                          SCMP_SYS(setgroups),
                          SCMP_SYS(capset),
                          SCMP_SYS(unshare),
                          SCMP_SYS(setns),
                          SCMP_SYS(chroot),
                          SCMP_SYS(pivot_root),
                          SCMP_SYS(mount),
                          SCMP_SYS(umount2),
                          SCMP_SYS(bpf),
                          SCMP_SYS(userfaultfd),
                          SCMP_SYS(io_uring_setup),
                          SCMP_SYS(perf_event_open),
                          SCMP_SYS(init_module),
                          SCMP_SYS(finit_module),
                          SCMP_SYS(delete_module),
                          SCMP_SYS(kexec_load),
                          SCMP_SYS(kexec_file_load),
                          SCMP_SYS(reboot)};

/// What the search for leaks of the sanitizer does at the end: it traces the process from another one.
constexpr int kForSanitizer[] = {SCMP_SYS(clone), SCMP_SYS(ptrace), SCMP_SYS(wait4), SCMP_SYS(prctl)};

bool is_for_sanitizer(int call) {
  return kSanitized &&
         std::find(std::begin(kForSanitizer), std::end(kForSanitizer), call) != std::end(kForSanitizer);
}

[[noreturn]] void fail(int error) {
  throw std::runtime_error(std::string("cannot confine the worker to the system calls that it needs: ") +
                           std::strerror(error));
}

void require(int result) {
  if (result < 0) fail(-result);
}

struct Release {
  void operator()(scmp_filter_ctx filter) const { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

void add(const Filter& filter, std::uint32_t answer, int call) {
  require(::seccomp_rule_add(filter.get(), answer, call, 0));
}

void add_where(const Filter& filter, std::uint32_t answer, const NeededWhere& row) {
  std::vector<scmp_arg_cmp> all;
  for (const auto& [argument, mask, value] : row.conditions)
    all.push_back({argument, SCMP_CMP_MASKED_EQ, mask, value});
  require(::seccomp_rule_add_array(filter.get(), answer, row.call, static_cast<unsigned>(all.size()),
                                   all.data()));
}

/// Adds the call for descriptors from 3 on, bit by bit: those are 3, and numbers that have a bit above the
/// lowest two. (That a number is greater than another can only be asked of all 64 bits.)
void add_not_of_standard(const Filter& filter, NeededWhere row) {
  constexpr unsigned kBits = 31;
  row.conditions.push_back({0, 3, 3});
  add_where(filter, SCMP_ACT_ALLOW, row);
  for (unsigned bit = 2; bit < kBits; ++bit) {
    row.conditions.back() = {0, std::uint64_t{1} << bit, std::uint64_t{1} << bit};
    add_where(filter, SCMP_ACT_ALLOW, row);
  }
}

void add_needed(const Filter& filter) {
  for (const auto& calls : kNeeded)
    for (const int call : calls) add(filter, SCMP_ACT_ALLOW, call);
  for (const auto& rows : kNeededWhere)
    for (const auto& row : rows) add_where(filter, SCMP_ACT_ALLOW, row);
  for (const auto& row : kNotOfStandard) add_not_of_standard(filter, row);
  if (kSanitized)
    for (const int call : kForSanitizer) add(filter, SCMP_ACT_ALLOW, call);
  const auto itself = static_cast<std::uint64_t>(::getpid());
  for (const int call : {SCMP_SYS(kill), SCMP_SYS(tgkill)})  // as abort() does
    add_where(filter, SCMP_ACT_ALLOW, {call, {is(0, itself)}});
}

void add_fatal(const Filter& filter) {
  for (const int call : kFatal)
    if (!is_for_sanitizer(call)) add(filter, SCMP_ACT_KILL_PROCESS, call);
  if (!kSanitized) add_where(filter, SCMP_ACT_KILL_PROCESS, {SCMP_SYS(clone), {{0, CLONE_THREAD, 0}}});
}

/// Without the safeguards against speculation that older kernels add to every filter: they are for processes
/// that run code of strangers, and cost time at each access to memory.
Filter make_filter() {
  Filter filter(::seccomp_init(SCMP_ACT_ERRNO(ENOSYS)));
  if (!filter) fail(ENOMEM);
  require(::seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
  ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_SSB, 1);  // not known to each kernel, and no loss then
  require(::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2));  // a binary tree
  return filter;
}

/// Has the resolver ask for the addresses of a name one after the other: at once, it needs sendmmsg().
void use_plain_sending() {
  constexpr const char* kOptions = "RES_OPTIONS";
  const char* set = ::getenv(kOptions);
  ::setenv(kOptions, (std::string(set == nullptr ? "" : set) + " single-request").c_str(), 1);
}

void load_filter() {
  const Filter filter = make_filter();
  add_needed(filter);
  add_fatal(filter);
  if (::seccomp_load(filter.get()) < 0) fail(errno);  // it returns no reason of the kernel's
}

}  // namespace

std::string find_confinement_obstacle() {
  constexpr unsigned kAsk = 2;  // SECCOMP_GET_ACTION_AVAIL
  const std::uint32_t action = SCMP_ACT_KILL_PROCESS;
  if (::syscall(SYS_seccomp, kAsk, 0, &action) == 0) return {};
  return std::string("this system has no filter of system calls (seccomp: ") + std::strerror(errno) +
         "), so a worker that is taken over can do all that its user may";
}

void confine_worker() {
  if (!find_confinement_obstacle().empty()) return;
  use_plain_sending();
  load_filter();
  ::malloc_trim(0);  // gives back what the filter was made in
}

}  // namespace server
