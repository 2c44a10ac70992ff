#include "server/confinement.h"

#include <fcntl.h>
#include <net/if.h>
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
#include <cstring>
#include <iterator>
#include <memory>
#include <span>
#include <stdexcept>

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
    SCMP_SYS(pread64),    SCMP_SYS(lseek),       SCMP_SYS(_llseek),    SCMP_SYS(stat),
    SCMP_SYS(stat64),     SCMP_SYS(lstat),       SCMP_SYS(lstat64),    SCMP_SYS(fstat),
    SCMP_SYS(fstat64),    SCMP_SYS(newfstatat),  SCMP_SYS(fstatat64),  SCMP_SYS(statx),
    SCMP_SYS(statfs),     SCMP_SYS(statfs64),    SCMP_SYS(fstatfs),    SCMP_SYS(fstatfs64),
    SCMP_SYS(access),     SCMP_SYS(faccessat),   SCMP_SYS(faccessat2), SCMP_SYS(readlink),
    SCMP_SYS(readlinkat), SCMP_SYS(getdents),    SCMP_SYS(getdents64), SCMP_SYS(getcwd),
    SCMP_SYS(flock),      SCMP_SYS(fadvise64),   SCMP_SYS(dup),        SCMP_SYS(write),
    SCMP_SYS(writev),     SCMP_SYS(pipe),        SCMP_SYS(pipe2)};

/// Connections of nginx, and to the database; none but the master listens.
constexpr int kSockets[] = {
    SCMP_SYS(accept),     SCMP_SYS(accept4),    SCMP_SYS(connect),     SCMP_SYS(send),
    SCMP_SYS(sendto),     SCMP_SYS(sendmsg),    SCMP_SYS(sendmmsg),    SCMP_SYS(recv),
    SCMP_SYS(recvfrom),   SCMP_SYS(recvmsg),    SCMP_SYS(recvmmsg),    SCMP_SYS(shutdown),
    SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(getsockname), SCMP_SYS(getpeername)};

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

/// A system call that is needed where the bits `mask` of one argument are `value`. The kernel looks at no
/// more than 32 bits of most arguments, and what stands in the others is left to chance.
struct NeededWhere {
  int call;
  unsigned argument;
  std::uint64_t mask;
  std::uint64_t value;
};

constexpr std::uint64_t kInt = 0xFFFFFFFF;
constexpr std::uint64_t kWrites = O_ACCMODE | O_CREAT | O_TRUNC;
constexpr std::uint64_t kWriteAndRun = PROT_WRITE | PROT_EXEC;
constexpr std::uint64_t kNameMemory = 0x53564D41;  ///< PR_SET_VMA, which Debian 12 has no word for.

constexpr NeededWhere kNeededWhere[] = {
    {SCMP_SYS(open), 1, kWrites, 0},
    {SCMP_SYS(openat), 2, kWrites, 0},
    // Not F_SETOWN: the kernel would send signals to others for it (O_ASYNC).
    {SCMP_SYS(fcntl), 1, kInt, F_DUPFD},
    {SCMP_SYS(fcntl), 1, kInt, F_DUPFD_CLOEXEC},
    {SCMP_SYS(fcntl), 1, kInt, F_GETFD},
    {SCMP_SYS(fcntl), 1, kInt, F_SETFD},
    {SCMP_SYS(fcntl), 1, kInt, F_GETFL},
    {SCMP_SYS(fcntl), 1, kInt, F_SETFL},
    {SCMP_SYS(fcntl64), 1, kInt, F_DUPFD},
    {SCMP_SYS(fcntl64), 1, kInt, F_DUPFD_CLOEXEC},
    {SCMP_SYS(fcntl64), 1, kInt, F_GETFD},
    {SCMP_SYS(fcntl64), 1, kInt, F_SETFD},
    {SCMP_SYS(fcntl64), 1, kInt, F_GETFL},
    {SCMP_SYS(fcntl64), 1, kInt, F_SETFL},
    // Code is what was loaded from files, and memory that is code is never written to.
    {SCMP_SYS(mmap), 2, kWriteAndRun, 0},
    {SCMP_SYS(mmap), 2, kWriteAndRun, PROT_WRITE},
    {SCMP_SYS(mmap), 2, kWriteAndRun, PROT_EXEC},
    {SCMP_SYS(mmap2), 2, kWriteAndRun, 0},
    {SCMP_SYS(mmap2), 2, kWriteAndRun, PROT_WRITE},
    {SCMP_SYS(mmap2), 2, kWriteAndRun, PROT_EXEC},
    {SCMP_SYS(mprotect), 2, PROT_EXEC, 0},
    // The resolver does without netlink, as it does under the unit of systemd.
    {SCMP_SYS(socket), 0, kInt, AF_UNIX},
    {SCMP_SYS(socket), 0, kInt, AF_INET},
    {SCMP_SYS(socket), 0, kInt, AF_INET6},
    {SCMP_SYS(ioctl), 1, kInt, FIONREAD},
    {SCMP_SYS(ioctl), 1, kInt, FIONBIO},
    {SCMP_SYS(ioctl), 1, kInt, TCGETS},
    {SCMP_SYS(ioctl), 1, kInt, SIOCGIFNAME},
    {SCMP_SYS(ioctl), 1, kInt, SIOCGIFINDEX},
    // Threads look up the names of the database's hosts, and compute the lanes of a password hash. clone3()
    // cannot be looked into, so that it must be clone().
    {SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD},
    {SCMP_SYS(prctl), 0, kInt, PR_SET_NAME},
    {SCMP_SYS(prctl), 0, kInt, PR_GET_NAME},
    {SCMP_SYS(prctl), 0, kInt, kNameMemory},
    {SCMP_SYS(prlimit64), 2, ~std::uint64_t{0}, 0},  // without a new limit
};

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
  const scmp_arg_cmp condition{row.argument, SCMP_CMP_MASKED_EQ, row.mask, row.value};
  require(::seccomp_rule_add_array(filter.get(), answer, row.call, 1, &condition));
}

void add_needed(const Filter& filter) {
  for (const auto& calls : kNeeded)
    for (const int call : calls) add(filter, SCMP_ACT_ALLOW, call);
  for (const auto& row : kNeededWhere) add_where(filter, SCMP_ACT_ALLOW, row);
  if (kSanitized)
    for (const int call : kForSanitizer) add(filter, SCMP_ACT_ALLOW, call);
  const auto itself = static_cast<std::uint64_t>(::getpid());
  for (const int call : {SCMP_SYS(kill), SCMP_SYS(tgkill)})  // as abort() does
    add_where(filter, SCMP_ACT_ALLOW, {call, 0, kInt, itself});
}

void add_fatal(const Filter& filter) {
  for (const int call : kFatal)
    if (!is_for_sanitizer(call)) add(filter, SCMP_ACT_KILL_PROCESS, call);
  if (!kSanitized) add_where(filter, SCMP_ACT_KILL_PROCESS, {SCMP_SYS(clone), 0, CLONE_THREAD, 0});
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
  const Filter filter = make_filter();
  add_needed(filter);
  add_fatal(filter);
  if (::seccomp_load(filter.get()) < 0) fail(errno);  // it returns no reason of the kernel's
}

}  // namespace server
