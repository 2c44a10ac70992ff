// base/scoreboard: who can write which slot, by trying in processes of their own.
#include "base/scoreboard.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

namespace {

/// How the worker of slot 0 ends that does `act`.
template <class Act>
int status_of_worker(base::Scoreboard& scoreboard, Act act) {
  const pid_t child = ::fork();
  if (child == 0) {
    for (const int signal : {SIGSEGV, SIGBUS}) (void)::signal(signal, SIG_DFL);  // the sanitizer has its own
    scoreboard.keep_own(0);
    act();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

bool is_crash(int status) {
  return WIFSIGNALED(status) && (WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGBUS);
}

/// The slot as a process that was taken over finds it: by its address alone.
base::ScoreboardSlot& forced(const base::ScoreboardSlot& slot) {
  return const_cast<base::ScoreboardSlot&>(slot);
}

TEST(Scoreboard, AWorkerWritesItsOwnSlotAndTheMasterReadsIt) {
  base::Scoreboard scoreboard(2);
  EXPECT_EQ(status_of_worker(scoreboard, [&] { scoreboard.slot(0).requests = 7; }), 0);
  EXPECT_EQ(scoreboard.slot(0).requests, 7);
  EXPECT_EQ(std::as_const(scoreboard).slot(0).requests, 7);
}

TEST(Scoreboard, AWorkerReadsAllSlots) {
  base::Scoreboard scoreboard(2);
  scoreboard.slot(1).requests = 3;
  scoreboard.master().cleaned[0].add(4);
  const auto status = status_of_worker(scoreboard, [&] {
    const auto& read = std::as_const(scoreboard);
    ::_exit(static_cast<int>(read.slots()[1].requests + read.master().cleaned[0].value()));
  });
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(Scoreboard, AWorkerCannotWriteTheSlotOfAnotherOrOfTheMaster) {
  base::Scoreboard scoreboard(2);
  EXPECT_TRUE(is_crash(status_of_worker(scoreboard, [&] { scoreboard.slot(1).requests = 1; })));
  EXPECT_TRUE(is_crash(status_of_worker(scoreboard, [&] { scoreboard.master().cleaned[0].add(); })));
  const auto& read = std::as_const(scoreboard).slot(1);
  EXPECT_TRUE(is_crash(status_of_worker(scoreboard, [&] { forced(read).requests = 1; })));
  EXPECT_EQ(scoreboard.slot(1).requests, 0);
}

TEST(Scoreboard, AWorkerCannotGiveItselfTheRight) {
  base::Scoreboard scoreboard(2);
  const auto& read = std::as_const(scoreboard).slot(1);
  const auto status = status_of_worker(scoreboard, [&] {
    const int result = ::mprotect(&forced(read), sizeof read, PROT_READ | PROT_WRITE);
    ::_exit(result == 0 ? 0 : errno);
  });
  EXPECT_EQ(WEXITSTATUS(status), EACCES);
}

TEST(Scoreboard, AWorkerThatStretchesItsOwnSlotReachesNoOther) {
  base::Scoreboard scoreboard(2);
  const auto size = sizeof(base::ScoreboardSlot);
  const auto status = status_of_worker(scoreboard, [&] {
    void* own = ::mremap(&scoreboard.slot(0), size, 3 * size, MREMAP_MAYMOVE);
    if (own != MAP_FAILED) static_cast<base::ScoreboardSlot*>(own)[1].requests = 1;
    ::_exit(0);
  });
  EXPECT_TRUE(is_crash(status));
  EXPECT_EQ(scoreboard.slot(1).requests, 0);
}

}  // namespace
