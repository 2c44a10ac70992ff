#include "ctl/machine.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/sysinfo.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/file.h"
#include "base/text.h"
#include "base/unique_fd.h"

namespace ctl {
namespace {

constexpr std::size_t kMostBytes = 1 << 16;
constexpr std::string_view kRoot = "/sys/fs/cgroup";

/// Where the limits of the two versions of control groups are (cgroups(7)).
struct Hierarchy {
  std::string_view controllers;  ///< As /proc/PID/cgroup has it.
  std::string_view directory;
  std::string_view file;
};
constexpr std::array kHierarchies{Hierarchy{"", "", "memory.max"},
                                  Hierarchy{"memory", "/memory", "memory.limit_in_bytes"}};

std::string read_file(const std::string& path) {
  const base::UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  return file ? base::read_all(file.get(), kMostBytes).value_or("") : "";
}

void take_least(Memory& memory, const std::string& path) {
  const std::string text = read_file(path);
  const auto limit = base::parse_number(base::trim(std::string_view(text).substr(0, text.find('\n'))));
  if (limit && (memory.bytes == 0 || *limit < memory.bytes)) memory = {*limit, "the limit in " + path};
}

/// Takes the least limit of the group and of those above it.
void take_group(Memory& memory, const Hierarchy& hierarchy, std::string group) {
  const std::string top = std::string(kRoot).append(hierarchy.directory);
  for (;; group.resize(group.rfind('/'))) {
    if (group == "/") group.clear();
    take_least(memory, top + group + "/" + std::string(hierarchy.file));
    if (group.find('/') == std::string::npos) return;
  }
}

}  // namespace

Memory find_memory(pid_t process) {
  struct sysinfo machine {};
  Memory memory;
  if (::sysinfo(&machine) == 0)
    memory = {static_cast<std::int64_t>(machine.totalram) * machine.mem_unit, "the memory of this machine"};
  const std::string groups =
      read_file("/proc/" + (process == 0 ? std::string("self") : std::to_string(process)) + "/cgroup");
  for (const auto line : base::split(groups, '\n')) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    for (const auto& hierarchy : kHierarchies)
      if (line.substr(first + 1, second - first - 1) == hierarchy.controllers)
        take_group(memory, hierarchy, std::string(line.substr(second + 1)));
  }
  return memory;
}

std::int64_t find_cores() {
  cpu_set_t set;
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

}  // namespace ctl
