// nginx/names: one form for each path and each address.
#include "nginx/names.h"

#include <gtest/gtest.h>

namespace {

TEST(Names, HaveOneFormForEachPath) {
  for (const auto& [path, normal] : {std::pair<std::string_view, std::string_view>{"/a/b", "/a/b"},
                                     {"/a/./b//c/../", "/a/b/"},
                                     {"/../a", "/a"},
                                     {"/", "/"},
                                     {"", ""},
                                     {"html/", "html/"},
                                     {"//a", "/a"},
                                     {"/a/..", "/"}})
    EXPECT_EQ(nginx::normal_path(path), normal) << path;
  EXPECT_EQ(nginx::normal_directory("/a"), "/a/");
  EXPECT_EQ(nginx::normal_directory("/a//"), "/a/");
}

TEST(Names, HaveOneFormForEachAddress) {
  for (const auto& [address, normal] :
       {std::pair<std::string_view, std::string_view>{"LocalHost", "127.0.0.1:80"},
        {"localhost.:3000", "127.0.0.1:3000"},
        {"[::1]:3000", "127.0.0.1:3000"},
        {"App.example:1", "app.example:1"},
        {"[2001:DB8::1]", "[2001:db8::1]:80"},
        {"unix:///run/A.sock", "unix:/run/A.sock"},
        {"unix:/run/A.sock:/b", "unix:/run/A.sock"}})
    EXPECT_EQ(nginx::normal_address(address, "80"), normal) << address;
  EXPECT_EQ(nginx::full_address("LocalHost", "80"), "localhost:80");
  EXPECT_EQ(nginx::full_address("[::1]:3000", "80"), "[::1]:3000");
}

}  // namespace
