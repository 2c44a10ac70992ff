// auth/blocklist: lookups in small lists, with every kind of border; faults of the file; no allocation by a
// lookup.
#include "auth/blocklist.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <new>
#include <stdexcept>
#include <string>

namespace {

std::size_t allocations = 0;

}  // namespace

// Both operators below go together; inlining hides that from the compiler.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"

// Counts for the whole test program; what it hands out is malloc's.
void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace {

class ListFile {
 public:
  explicit ListFile(const std::string& text) {
    const int descriptor = ::mkstemp(path_.data());
    if (descriptor >= 0) ::close(descriptor);
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~ListFile() { ::unlink(path_.c_str()); }
  ListFile(const ListFile&) = delete;
  ListFile& operator=(const ListFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/blocklist_test.XXXXXX";
};

std::string fault_of(const std::string& path) {
  try {
    const auth::Blocklist list(path);
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

TEST(Blocklist, Lookups) {
  const std::string longest(128, 'x');
  struct Row {
    std::string text, password;
    bool found;
  };
  const Row rows[] = {
      {"alpha\nbeta\ngamma\n", "alpha", true},
      {"alpha\nbeta\ngamma\n", "beta", true},
      {"alpha\nbeta\ngamma\n", "gamma", true},
      {"alpha\nbeta\ngamma", "gamma", true},
      {"alpha\nbeta\ngamma\n", "ALPHA", true},
      {"alpha\nbeta\ngamma\n", "gAmMa", true},
      {"alpha\nbeta\ngamma\n", "aardvark", false},
      {"alpha\nbeta\ngamma\n", "bet", false},
      {"alpha\nbeta\ngamma\n", "betas", false},
      {"alpha\nbeta\ngamma\n", "zeta", false},
      {"alpha\nbeta\ngamma\n", "", false},
      {"alpha\nbeta\ngamma\n", "alpha\nbeta", false},
      {"alpha\nbeta\ngamma\n", "beta\n", false},
      {"one", "one", true},
      {"one", "on", false},
      {"one", "two", false},
      {"", "anything", false},
      {"a b c\n", "a b c", true},
      {"caf\xc3\xa9\n", "CAF\xc3\xa9", true},
      {"zz\n\xc3\xa9t\xc3\xa9\n", "\xc3\xa9t\xc3\xa9", true},
      {longest + "\n", longest, true},
      {longest + "\n", longest + "x", false},
      {longest + "x\n", longest + "x", false},
  };
  for (const auto& row : rows) {
    const ListFile file(row.text);
    EXPECT_EQ(auth::Blocklist(file.path()).contains(row.password), row.found)
        << "'" << row.password << "' in '" << row.text << "'";
  }
}

TEST(Blocklist, EveryLineOfListsOfAnySizeIsFound) {
  std::string text;
  for (int size = 1; size <= 70; ++size) {
    text += "w" + std::to_string(1000 + size) + std::string(static_cast<std::size_t>(size % 7), 'y') + "\n";
    const ListFile file(text);
    const auth::Blocklist list(file.path());
    for (int i = 1; i <= size; ++i) {
      const auto word = "w" + std::to_string(1000 + i) + std::string(static_cast<std::size_t>(i % 7), 'y');
      EXPECT_TRUE(list.contains(word)) << word << " of " << size;
      EXPECT_FALSE(list.contains(word + "!")) << word << " of " << size;
    }
  }
}

TEST(Blocklist, OffIsEmpty) {
  EXPECT_FALSE(auth::Blocklist("off").contains("password1"));
}

TEST(Blocklist, FaultsNameFileAndLine) {
  struct Row {
    const char* text;
    int line;  // 0: no fault
  };
  const Row rows[] = {{"a\nb\nc\n", 0}, {"b\na\n", 2},     {"a\nb\na\n", 3}, {"A\n", 1},
                      {"a\nB\n", 2},    {"a\nb\nbC\n", 3}, {"a\nc\nb", 3},   {"", 0}};
  for (const auto& row : rows) {
    const ListFile file(row.text);
    const auto fault = fault_of(file.path());
    const auto place = file.path() + ":" + std::to_string(row.line);
    EXPECT_EQ(fault.empty(), row.line == 0) << row.text << ": " << fault;
    EXPECT_TRUE(row.line == 0 || fault.find(place) != std::string::npos) << row.text << ": " << fault;
  }
}

TEST(Blocklist, AFileThatIsNotThereIsNamed) {
  const auto fault = fault_of("/nonexistent/list");
  EXPECT_NE(fault.find("PASSWORD_BLOCKLIST"), std::string::npos) << fault;
  EXPECT_NE(fault.find("/nonexistent/list"), std::string::npos) << fault;
}

TEST(Blocklist, LookupsAllocateNothing) {
  const ListFile file("alpha\nbeta\ngamma\n");
  const auth::Blocklist list(file.path());
  const std::string words[] = {"gamma", "GAMMA", "not one of them", std::string(500, 'x')};
  const auto before = allocations;
  int found = 0;
  for (const auto& word : words) found += list.contains(word) ? 1 : 0;
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(found, 2);
}

}  // namespace
