// auth/blocklist: lookups at the beginning, in the middle and at the end of lists; faults of files; and that
// a file may change after it was read.
#include "auth/blocklist.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "auth/common_passwords.h"

namespace {

class ListFile {
 public:
  explicit ListFile(std::string_view text) {
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

/// Makes /tmp the current directory until it is destroyed.
class InTmp {
 public:
  InTmp() { std::filesystem::current_path("/tmp"); }
  ~InTmp() { std::filesystem::current_path(before_); }
  InTmp(const InTmp&) = delete;
  InTmp& operator=(const InTmp&) = delete;

 private:
  std::filesystem::path before_ = std::filesystem::current_path();
};

/// The text of the error that a setting causes; empty when it causes none.
std::string fault_of(const std::string& setting) {
  try {
    const auth::Blocklist list(setting);
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
      {"alpha\nalpha\nbeta\n", "alpha", true},
      {"one", "one", true},
      {"one", "on", false},
      {"one", "two", false},
      {"\xEF\xBB\xBF"
       "alpha\nbeta\n",
       "alpha", true},
      {"\xEF\xBB\xBF"
       "alpha\nbeta\n",
       "beta", true},
      {"a b c\n", "a b c", true},
      {"caf\xc3\xa9\n", "CAF\xc3\xa9", true},
      {"zz\n\xc3\xa9t\xc3\xa9\n", "\xc3\xa9t\xc3\xa9", true},
      {longest + "\n", longest, true},
      {longest + "\n", longest + "x", false},
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

TEST(Blocklist, TheWordsBuiltinAndOff) {
  struct Row {
    const char* setting;
    const char* password;
    bool found;
  };
  const Row rows[] = {{"builtin", "password1", true},
                      {"builtin", "PassWord1", true},
                      {"builtin", "velvet-Kangaroo-17", false},
                      {"builtin", "", false},
                      {"off", "password1", false},
                      {"off", "", false}};
  const InTmp nothing_beside;
  for (const auto& row : rows)
    EXPECT_EQ(auth::Blocklist(row.setting).contains(row.password), row.found)
        << row.setting << ": " << row.password;
}

TEST(Blocklist, TheListOfTheProgramPassesTheChecksOfAFile) {
  ASSERT_FALSE(auth::kCommonPasswords.empty());
  EXPECT_EQ(auth::kCommonPasswords.back(), '\n');
  const ListFile file(auth::kCommonPasswords);
  EXPECT_EQ(fault_of(file.path()), "");
}

TEST(Blocklist, FaultsNameFileLineAndCure) {
  const std::string longest(128, 'x');
  struct Row {
    std::string text;
    int line;  // 0: no fault
    const char* words;
  };
  const Row rows[] = {{"a\nb\nc\n", 0, ""},
                      {"a\na\nb", 0, ""},
                      {longest, 0, ""},
                      {"\xEF\xBB\xBF"
                       "a\nb\n",
                       0, ""},
                      {"\xEF\xBB\xBF"
                       "a\r\nb\r\n",
                       1, "carriage return"},
                      {"\na\n", 1, "is empty"},
                      {"a\n\n", 2, "is empty"},
                      {"a\nb\n\nc\n", 3, "is empty"},
                      {"\n", 1, "is empty"},
                      {"a\nb\xE9\n", 2, "UTF-8"},
                      {std::string("a\0b\n", 4), 1, "UTF-8"},
                      {std::string("\xFF\xFE"
                                   "a\0\n\0",
                                   6),
                       1, "UTF-8"},
                      {"\xC3\xA9t\xC3\n", 1, "UTF-8"},
                      {"b\na\n", 2, "LC_ALL=C sort -u"},
                      {"a\nb\na\n", 3, "LC_ALL=C sort -u"},
                      {"a\nc\nb", 3, "LC_ALL=C sort -u"},
                      {"\xc3\xa9\nz\n", 2, "LC_ALL=C sort -u"},
                      {"A\n", 1, "small letters"},
                      {"a\nB\n", 2, "small letters"},
                      {"a\nb\nbC\n", 3, "small letters"},
                      {"z\nA\n", 2, "small letters"},
                      {"a\r\nb\r\n", 1, "carriage return"},
                      {"a\nb\r", 2, "carriage return"},
                      {"a\n" + longest + "x\n", 2, "128 bytes"}};
  for (const auto& row : rows) {
    const ListFile file(row.text);
    const auto fault = fault_of(file.path());
    const auto place = "PASSWORD_BLOCKLIST: " + file.path() + ":" + std::to_string(row.line) + ": ";
    EXPECT_EQ(fault.empty(), row.line == 0) << row.text << ": " << fault;
    EXPECT_TRUE(row.line == 0 || fault.starts_with(place)) << row.text << ": " << fault;
    EXPECT_NE(fault.find(row.words), std::string::npos) << row.text << ": " << fault;
  }
}

TEST(Blocklist, AFileThatCannotBeReadIsNamedWithTheReasonAndTheCure) {
  struct Row {
    const char* path;
    const char* reason;
  };
  const Row rows[] = {{"/nonexistent/list", "No such file or directory"},
                      {"/tmp", "it is not a regular file"},
                      {"/dev/zero", "it is not a regular file"},
                      {"/dev/null/list", "Not a directory"},
                      {"/proc/self/mem", "Input/output error"}};
  for (const auto& row : rows) {
    const auto fault = fault_of(row.path);
    const auto start = std::string("PASSWORD_BLOCKLIST: cannot read ") + row.path + ": " + row.reason + "; ";
    EXPECT_TRUE(fault.starts_with(start)) << row.path << ": " << fault;
    EXPECT_NE(fault.find("builtin or off"), std::string::npos) << row.path << ": " << fault;
  }
}

TEST(Blocklist, AnEmptyFileIsNoList) {
  for (const auto text : {"", "\xEF\xBB\xBF"}) {
    const ListFile file(text);
    EXPECT_NE(fault_of(file.path()).find("it is empty; "), std::string::npos) << text;
  }
}

TEST(Blocklist, ARelativePathStartsAtTheCurrentDirectoryAlone) {
  const ListFile file("alpha\n");
  const InTmp beside_the_list;
  EXPECT_TRUE(auth::Blocklist(std::filesystem::path(file.path()).filename()).contains("alpha"));
  EXPECT_NE(fault_of("src/auth/common-passwords.txt"), "");
}

TEST(Blocklist, AFileTruncatedOrRemovedAfterTheStartDoesNoHarm) {
  auto file = std::make_unique<ListFile>("alpha\nbeta\ngamma\n");
  const auth::Blocklist list(file->path());
  std::filesystem::resize_file(file->path(), 0);
  EXPECT_TRUE(list.contains("beta"));
  file.reset();
  EXPECT_TRUE(list.contains("gamma"));
  EXPECT_FALSE(list.contains("delta"));
}

}  // namespace
