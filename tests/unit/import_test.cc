// ctl/transfer/import_file, csv and import_check: what stands in files of users, and what is refused.
#include <gtest/gtest.h>

#include <string>

#include "ctl/transfer/import_check.h"
#include "ctl/transfer/import_file.h"

namespace {

using namespace std::literals;

constexpr std::string_view kHash = "{SHA}d72SaBDZNXHrWd1PikmO2V4dMMs=";

/// All of a file in one text: `LINE|USERNAME|HASH|NAME|GROUPS` for each user, `LINE!REASON` for each fault.
std::string describe(const ctl::ImportFile& file) {
  std::string text;
  for (const auto& user : file.users)
    text += std::to_string(user.line) + "|" + user.username + "|" + user.password_hash + "|" +
            user.name.value_or("-") + "|" + user.groups.value_or("-") +
            (user.email ? "|" + *user.email : "") + (user.disabled ? "|" + *user.disabled : "") + "\n";
  for (const auto& fault : file.faults) text += std::to_string(fault.line) + "!" + fault.reason + "\n";
  return text;
}

struct Row {
  std::string_view format;
  std::string text;
  std::string expected;
};

const Row kRows[] = {
    {"htpasswd", "", ""},
    {"htpasswd", "ada:h1\nbob:h2", "1|ada|h1|-|-\n2|bob|h2|-|-\n"},
    {"htpasswd", "\xEF\xBB\xBF# people\r\n\r\nada:h1\r\n", "3|ada|h1|-|-\n"},
    {"htpasswd", "ada:h1:a comment: with colons\n", "1|ada|h1|-|-\n"},
    {"htpasswd", "ada\n:h\nbob:\n",
     "2||h|-|-\n3|bob||-|-\n1!There is no colon between a username and a hash.\n"},
    {"htpasswd", "a\0b:h\n"s, "1|a\0b|h|-|-\n"s},
    {"csv", "", "1!The head line is missing.\n"},
    {"csv", "username,password_hash\nada,h1\nbob,h2\n", "2|ada|h1|-|-\n3|bob|h2|-|-\n"},
    {"csv", "\xEF\xBB\xBFgroups,name,password_hash,username\r\n\"a,b\",Ada,h1,ada\r\n\r\n,,h2,bob",
     "2|ada|h1|Ada|a,b\n4|bob|h2|-|\n"},
    {"csv", "username,password_hash,name\nada,h1,\"A \"\"x\"\"\nB\"\nbob,h2,Bob\r",
     "2|ada|h1|A \"x\"\nB|-\n4|bob|h2|Bob|-\n"},
    {"csv", "username,password_hash\n\"ada\",\"h1\"\r\n\"bob\",\"h2\"\r", "2|ada|h1|-|-\n3|bob|h2|-|-\n"},
    {"csv", "username,password_hash\nada\nbob,h,x\neve,h\n",
     "4|eve|h|-|-\n2!There are 1 fields, and the head line has 2.\n3!There are 3 fields, and the head line "
     "has 2.\n"},
    {"csv", "username,password_hash\nada,h\nbo\"b,h\n",
     "2|ada|h|-|-\n3!A quote stands within a field that does not begin with one.\n"},
    {"csv", "username,password_hash\n\"ada\"x,h\n",
     "2!Something follows a quoted field before the comma or the end of the line.\n"},
    {"csv", "username,password_hash\nada,\"h\n\n", "2!A quoted field does not end.\n"},
    {"csv", "username,hash\nada,h\n",
     "1!Column 2 of the head line is not one of username, password_hash, name, groups, email and "
     "disabled.\n"},
    {"csv", "username,username\n", "1!The head line names the column username twice.\n"},
    {"csv", "username,name\nada,h\n", "1!The head line must have the columns username and password_hash.\n"},
    {"csv", "\"username\n", "1!A quoted field does not end.\n"},
    {"jsonl", R"({"username":"ada","password_hash":"h1","name":"Ada","groups":"a,b"})", "1|ada|h1|Ada|a,b\n"},
    {"jsonl", "\xEF\xBB\xBF{\"username\":\"ada\",\"password_hash\":\"h1\",\"name\":null}\r\n\n",
     "1|ada|h1|-|-\n"},
    {"jsonl", "{\"username\":\"ada\",\"password_hash\":\"h\"}\n[]\n{\"username\":\"bob\"}\n",
     "1|ada|h|-|-\n2!This is not one JSON object, such as {\"username\":\"...\",\"password_hash\":\"...\"}.\n"
     "3!password_hash: The field is required.\n"},
    {"csv", "username,password_hash,email,disabled\nada,h1,a@example.org,true\nbob,h2,,\n",
     "2|ada|h1|-|-|a@example.org|true\n3|bob|h2|-|-\n"},
    {"jsonl", R"({"username":"ada","password_hash":"h","groups":["a","b"],"email":"a@b","disabled":true})",
     "1|ada|h|-|a,b|a@b|true\n"},
    {"jsonl", R"({"username":"ada","password_hash":"h","groups":[],"disabled":"false"})",
     "1|ada|h|-||false\n"},
    {"jsonl", R"({"username":"ada","password_hash":"h","groups":[1]})",
     "1!groups: The value must be a string or an array of strings.\n"},
    {"jsonl", R"({"username":"ada","password_hash":"h","groups":["a,b"]})",
     "1!groups: A text of the array must not have commas.\n"},
    {"jsonl", R"({"username":"ada","password_hash":"h","disabled":"yes"})",
     "1!disabled: The value must be true or false.\n"},
};

TEST(Import, ReadsEachFormat) {
  for (const auto& row : kRows)
    EXPECT_EQ(describe(ctl::find_import_format(row.format)->parse(row.text)), row.expected) << row.text;
  EXPECT_EQ(ctl::find_import_format("xml"), nullptr);
}

std::string check(std::string_view format, const std::string& text) {
  const crypto::PasswordHasher hasher({64, 1, 1});
  auto file = ctl::find_import_format(format)->parse(text);
  ctl::check_import(file, hasher);
  return describe({{}, file.faults});
}

TEST(Import, RefusesWhatMayNotBeStored) {
  const std::string hash(kHash);
  const std::string head = "username,password_hash,name,groups\n";
  const std::pair<std::string, std::string> rows[] = {
      {"ada," + hash + ",Ada,\"staff, wheel\"\n", ""},
      {"ad," + hash + ",Ada,\n", "2!username: The username must have 3 to 64 characters.\n"},
      {"a\0da,"s + hash + ",Ada,\n",
       "2!username: The username begins with a letter or digit and consists of A-Z a-z 0-9 . _ @ + -.\n"},
      {"ada," + hash + ",\"A\nB\",\n",
       "2!name: The name must not have control characters, line breaks or directional overrides.\n"},
      {"ada," + hash + ",\xFF,\n",
       "2!name: The name must not have control characters, line breaks or directional overrides.\n"},
      {"ada," + hash + ",Ada,st aff\n",
       "2!groups: 'st aff' is no group: a group has 1 to 200 letters, digits and . _ @ + - only\n"},
      {"ada," + hash + ",Ada,st\x1B[2Jaff\n",
       "2!groups: 'st?[2Jaff' is no group: a group has 1 to 200 letters, digits and . _ @ + - only\n"},
      {"ada,pbkdf2_sha256$1000$\xFF$tybUiJIHpbT46Lo43EdQKVKIIaDMg+s23EHK+8K809g=,Ada,\n",
       "2!password_hash: It has control characters, or is not UTF-8.\n"},
      {"ada,*,Ada,\n",
       "2!password_hash: It begins with * or !, by which an account is locked or has no password: no "
       "password can "
       "match it.\n"},
      {"ada," + hash + ",,\nbob," + hash + ",,\nADA," + hash + ",,\n",
       "4!username: Line 2 has the same one, but perhaps for its case.\n"},
  };
  for (const auto& [lines, expected] : rows) EXPECT_EQ(check("csv", head + lines), expected) << lines;
  const std::string more = "username,password_hash,email,disabled\n";
  EXPECT_EQ(check("csv", more + "ada," + hash + ",a@example.org,false\n"), "");
  EXPECT_EQ(check("csv", more + "ada," + hash + ",-f/etc/passwd,yes\n"),
            "2!email: an address for mail is one such as ada@example.org, and this is none\n"
            "2!disabled: The value must be true or false.\n");
  std::string many;
  for (int i = 0; i < 20; ++i) many += (i == 0 ? "\"" : ",") + std::string(100, 'g');
  EXPECT_EQ(check("csv", head + "ada," + hash + ",," + many + "\"\n"),
            "2!groups: the groups of a user have at most 2000 bytes together\n");
}

TEST(Import, GroupsGetTheFormOfTheDatabase) {
  const crypto::PasswordHasher hasher({64, 1, 1});
  auto file =
      ctl::parse_csv("username,password_hash,groups\nada," + std::string(kHash) + ",\" staff , ,wheel\"\n");
  ctl::check_import(file, hasher);
  EXPECT_EQ(describe(file), "2|ada|" + std::string(kHash) + "|-|staff,wheel\n");
}

TEST(Import, TellsTwentyFaultsAndHowManyMore) {
  std::vector<ctl::ImportFault> faults;
  for (std::size_t line = 1; line <= 22; ++line) faults.push_back({line, "Wrong."});
  const auto text = ctl::describe_faults("users.csv", faults);
  EXPECT_TRUE(text.starts_with("users.csv:1: Wrong.\nusers.csv:2: Wrong.\n")) << text;
  EXPECT_TRUE(text.ends_with("users.csv:20: Wrong.\nand 2 more\n")) << text;
}

}  // namespace
