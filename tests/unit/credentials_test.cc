// base/credentials: what is read of a directory of credentials, and base/setting_source: what counts beside
// them.
#include "base/credentials.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "base/setting_source.h"

namespace {

using namespace std::literals;

/// A directory that is removed at the end.
class Directory {
 public:
  Directory() : path_(std::filesystem::temp_directory_path() / "sessiond-credentials-XXXXXX") {
    std::string name = path_;
    path_ = ::mkdtemp(name.data());
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  std::string path(const std::string& name) const { return path_ / name; }
  std::string path() const { return path_; }
  void put(const std::string& name, const std::string& text, mode_t mode = 0400) const {
    std::filesystem::remove(path(name));
    std::ofstream(path(name), std::ios::binary) << text;
    ::chmod(path(name).c_str(), mode);
  }

 private:
  std::filesystem::path path_;
};

TEST(Credentials, AreReadByTheNamesOfTheirSettings) {
  const std::pair<std::string, std::string> rows[] = {{"secret", "secret"},
                                                      {"secret\n", "secret"},
                                                      {"secret\r\n", "secret"},
                                                      {" sp ace ", " sp ace "},
                                                      {"\"quotes\"", "\"quotes\""},
                                                      {"#no comment", "#no comment"},
                                                      {std::string(16384, 'x'), std::string(16384, 'x')}};
  const Directory directory;
  directory.put("tls.key", "of others", 0644);
  for (const auto& [text, value] : rows) {
    directory.put("DB_PASSWORD", text);
    const auto found = base::read_credentials(directory.path().c_str());
    ASSERT_TRUE(found.errors.empty()) << found.errors[0];
    ASSERT_EQ(found.credentials.size(), 1u) << text;
    EXPECT_EQ(found.credentials[0].setting->name, "DB_PASSWORD");
    EXPECT_EQ(found.credentials[0].value.view(), value);
    EXPECT_EQ(found.credentials[0].path, directory.path("DB_PASSWORD"));
  }
}

TEST(Credentials, WithoutADirectoryThereAreNone) {
  for (const char* directory : {static_cast<const char*>(nullptr), "", "/nonexistent"}) {
    const auto found = base::read_credentials(directory);
    EXPECT_TRUE(found.errors.empty() && found.credentials.empty()) << directory;
  }
}

TEST(Credentials, WhatIsNoValueIsRefusedAndNeverTold) {
  struct Row {
    std::string name, text;
    mode_t mode;
    std::string error;
  };
  const Row rows[] = {
      {"DB_PASSWORD", "", 0400, "is empty"},
      {"DB_PASSWORD", "\n", 0400, "is empty"},
      {"DB_PASSWORD", "kites-1\nkites-2", 0400, "more than one line"},
      {"DB_PASSWORD", "kites-1\n\n", 0400, "more than one line"},
      {"DB_PASSWORD", "kites\0kites"s, 0400, "NUL"},
      {"DATABASE_URL", std::string(16385, 'k'), 0400, "is larger than 16384 bytes"},
      {"POSTGRES_PASSWORD", "kites", 0404, "every user"},
      {"POSTGRES_PASSWORD", "kites", 0402, "every user"},
      {"PORT", "1234", 0400, "is no secret; set it in the settings file"},
  };
  const Directory directory;
  for (const auto& [name, text, mode, error] : rows) {
    directory.put(name, text, mode);
    const auto found = base::read_credentials(directory.path().c_str());
    EXPECT_TRUE(found.credentials.empty()) << error;
    ASSERT_EQ(found.errors.size(), 1u) << error;
    EXPECT_NE(found.errors[0].find("credential " + directory.path(name) + " "), std::string::npos)
        << found.errors[0];
    EXPECT_NE(found.errors[0].find(error), std::string::npos) << found.errors[0];
    EXPECT_EQ(found.errors[0].find("kites"), std::string::npos);
    std::filesystem::remove(directory.path(name));
  }
}

TEST(Credentials, WhatCannotBeReadIsRefused) {
  const Directory directory;
  std::filesystem::create_directory(directory.path("DB_PASSWORD"));
  std::filesystem::create_symlink(directory.path("DATABASE_URL"), directory.path("DATABASE_URL"));
  const auto found = base::read_credentials(directory.path().c_str());
  ASSERT_EQ(found.errors.size(), 2u);
  EXPECT_NE(found.errors[0].find("cannot be read: Too many levels"), std::string::npos) << found.errors[0];
  EXPECT_NE(found.errors[1].find("is no file"), std::string::npos) << found.errors[1];
  const auto relative = base::read_credentials("credentials");
  ASSERT_EQ(relative.errors.size(), 1u);
  EXPECT_NE(relative.errors[0].find("must be an absolute path"), std::string::npos);
}

/// The sources of one setting, by where it stands.
struct Places {
  std::map<std::string, std::string> environment;
  std::string file;
};

/// Both must outlive the result.
base::SettingSource make_source(const Places& places, const Directory& directory) {
  const auto lookup = [&](const char* name) {
    const auto found = places.environment.find(name);
    return found == places.environment.end() ? nullptr : found->second.c_str();
  };
  return {lookup, places.file, "test.env", base::read_credentials(directory.path().c_str())};
}

TEST(Credentials, CountAndTellWhereTheyAre) {
  const auto& setting = *base::find_setting("DB_PASSWORD");
  const Directory directory;
  directory.put("DB_PASSWORD", "kites");
  // What is empty counts as not set.
  const Places places{{{"DB_PASSWORD", ""}}, "DB_PASSWORD=\nDB_USER=ada\n"};
  const auto source = make_source(places, directory);
  ASSERT_TRUE(source.errors().empty()) << source.errors()[0];
  EXPECT_EQ(source.value(setting), "kites");
  EXPECT_EQ(source.where(setting), directory.path("DB_PASSWORD"));
  EXPECT_TRUE(source.is_credential(setting));
  EXPECT_FALSE(source.is_credential(*base::find_setting("DB_USER")));
  // The rights of the file are no matter of a secret that it does not have.
  EXPECT_FALSE(source.file_holds_secrets());
}

TEST(Credentials, AreForgotten) {
  const auto& setting = *base::find_setting("POSTGRES_PASSWORD");
  const Directory directory;
  directory.put("POSTGRES_PASSWORD", "kites");
  const Places places;
  auto source = make_source(places, directory);
  ASSERT_EQ(source.value(setting), "kites");
  source.forget(setting);
  EXPECT_EQ(source.value(setting), "");
  EXPECT_EQ(source.where(setting), "default");
}

TEST(Credentials, ASecretInTwoPlacesIsRefused) {
  const Directory directory;
  directory.put("DB_PASSWORD", "kites");
  const std::pair<Places, std::string> rows[] = {
      {{{{"DB_PASSWORD", "wheels"}}, ""}, "and a second time in the environment"},
      {{{{"DB_PASSWORD", "kites"}}, ""}, "and a second time in the environment"},
      {{{}, "# it\nDB_PASSWORD=wheels\n"}, "and a second time in test.env:2"},
      {{{}, "DB_PASSWORD=kites\n"}, "and a second time in test.env:1"},
  };
  for (const auto& [places, error] : rows) {
    const auto source = make_source(places, directory);
    ASSERT_EQ(source.errors().size(), 1u) << error;
    const auto& text = source.errors()[0];
    EXPECT_NE(text.find("DB_PASSWORD is set by the credential " + directory.path("DB_PASSWORD")),
              std::string::npos);
    EXPECT_NE(text.find(error + "; keep one of them"), std::string::npos) << text;
    EXPECT_EQ(text.find("kites"), std::string::npos);
    EXPECT_EQ(text.find("wheels"), std::string::npos);
  }
}

}  // namespace
