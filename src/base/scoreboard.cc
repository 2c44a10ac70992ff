#include "base/scoreboard.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <string>
#include <system_error>

#include "base/unique_fd.h"

namespace base {
namespace {

constexpr std::size_t kSlotSize = sizeof(ScoreboardSlot);

/// New memory has zeros only, so that everything that is counted begins with 0, and all workers are absent.
static_assert(static_cast<std::int32_t>(WorkerState::absent) == 0);

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), std::string(what) + " of the scoreboard");
}

/// Addresses for so many slots and one more, of which the first one can be moved to where a slot may lie.
std::size_t size_of(std::size_t slots) {
  return (slots + 1) * kSlotSize;
}

void* reserve(std::size_t slots) {
  void* addresses = ::mmap(nullptr, size_of(slots), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (addresses == MAP_FAILED) fail("mmap");
  return addresses;
}

ScoreboardSlot* first_of(void* addresses, std::size_t slots) {
  std::size_t room = size_of(slots);
  return static_cast<ScoreboardSlot*>(
      std::align(alignof(ScoreboardSlot), slots * kSlotSize, addresses, room));
}

/// The memory of one slot, of which nothing else is a part: a mapping that grows reaches nothing.
UniqueFd make_memory() {
  UniqueFd memory(::memfd_create("scoreboard", MFD_CLOEXEC));
  if (!memory) fail("memfd_create");
  if (::ftruncate(memory.get(), kSlotSize) != 0) fail("ftruncate");
  return memory;
}

/// The same memory, open for reading only: what is mapped by it cannot be made writable.
UniqueFd open_to_read(const UniqueFd& memory) {
  UniqueFd reading(::open(("/proc/self/fd/" + std::to_string(memory.get())).c_str(), O_RDONLY | O_CLOEXEC));
  if (!reading) fail("/proc/self/fd: open");
  return reading;
}

void map_at(const ScoreboardSlot* place, const UniqueFd& memory, int protection) {
  void* address = const_cast<ScoreboardSlot*>(place);
  if (::mmap(address, kSlotSize, protection, MAP_SHARED | MAP_FIXED, memory.get(), 0) == MAP_FAILED)
    fail("mmap");
}

}  // namespace

Scoreboard::Scoreboard(std::size_t workers)
    : workers_(workers),
      written_addresses_(reserve(workers + 1)),
      read_addresses_(reserve(workers + 1)),
      written_(first_of(written_addresses_, workers + 1)),
      read_(first_of(read_addresses_, workers + 1)),
      started_at_(std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now())) {
  for (std::size_t i = 0; i <= workers; ++i) {
    const auto memory = make_memory();
    map_at(written_ + i, memory, PROT_READ | PROT_WRITE);
    map_at(read_ + i, open_to_read(memory), PROT_READ);
  }
  std::uninitialized_default_construct_n(written_, workers + 1);
}

Scoreboard::~Scoreboard() {
  ::munmap(written_addresses_, size_of(workers_ + 1));
  ::munmap(read_addresses_, size_of(workers_ + 1));
}

void Scoreboard::keep_own(std::size_t index) {
  for (std::size_t i = 0; i <= workers_; ++i)
    if (i != index) ::munmap(written_ + i, kSlotSize);
}

void reset_slot(ScoreboardSlot& slot, Pool pool, std::int64_t interval_ms) {
  slot.pool = pool;
  slot.state = WorkerState::starting;
  slot.pid = 0;
  slot.heartbeat.due = monotonic_ms() + interval_ms;
  slot.heartbeat.step = Step::starting;
  slot.connected = false;
  slot.standby = StandbyUse::none;
  slot.requests = 0;
  slot.timeline = 0;
}

}  // namespace base
