// pg: what a connection string says, and what it leaves to its service and the environment.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

#include "fake_postgres.h"
#include "pg/conninfo.h"

namespace {

/// A variable of the environment for the time of a test. An empty value unsets it.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    if (const char* before = ::getenv(name); before != nullptr) before_ = before;
    set(value.empty() ? std::nullopt : std::optional(value));
  }
  ~Variable() { set(before_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  void set(const std::optional<std::string>& value) {
    if (value)
      ::setenv(name_, value->c_str(), 1);
    else
      ::unsetenv(name_);
  }
  const char* name_;
  std::optional<std::string> before_;
};

pg::Options parse(std::string_view text) {
  return pg::parse_conninfo(base::Secret(text));
}

TEST(Conninfo, SaysWhatStandsInItAndNothingElse) {
  const Variable host("PGHOST", "elsewhere");
  const struct {
    std::string_view text, host, port, password;
  } rows[] = {
      {"", "", "", ""},
      {"host=a,b port=1,2 password='x y'", "a,b", "1,2", "x y"},
      {"postgres://u:p%40@a:1,b:2/d", "a,b", "1,2", "p@"},
      {"postgres:///d", "", "", ""},
      {"host='' password=''", "", "", ""},
  };
  for (const auto& row : rows) {
    const auto options = parse(row.text);
    ASSERT_NE(options, nullptr) << row.text;
    EXPECT_EQ(pg::value_of(options, "host"), row.host) << row.text;
    EXPECT_EQ(pg::value_of(options, "port"), row.port) << row.text;
    EXPECT_EQ(pg::value_of(options, "password"), row.password) << row.text;
  }
}

TEST(Conninfo, WhatLibpqCannotReadHasNoValue) {
  for (const auto* text : {"nonsense", "hots=a", "host='a", "postgres://[a"}) {
    const auto options = parse(text);
    EXPECT_EQ(options, nullptr) << text;
    EXPECT_EQ(pg::value_of(options, "host"), "") << text;
    base::Settings settings;
    settings.database_url.assign(text);
    EXPECT_FALSE(pg::is_valid_conninfo(settings)) << text;
  }
  EXPECT_TRUE(pg::is_valid_conninfo(base::Settings()));
}

TEST(Conninfo, EachValueIsToldOnceAndAnEmptyOneIsNone) {
  std::string told;
  pg::for_each_value(parse("user=u host='' dbname=d"), [&](std::string_view keyword, std::string_view value) {
    told.append(keyword).append("=").append(value).append(";");
  });
  EXPECT_TRUE(told == "user=u;dbname=d;" || told == "dbname=d;user=u;") << told;
}

TEST(Conninfo, DefaultsAreOfTheServiceThenTheEnvironment) {
  const fake::Directory directory;
  const std::string path = directory.path() + "/services";
  std::ofstream(path) << "[one]\nhost=of-one\n[two]\nhost=of-two\n";
  const Variable file("PGSERVICEFILE", path);
  const Variable host("PGHOST", "of-environment");
  const Variable user("PGUSER", "ann");
  const struct {
    std::string_view text;
    const char* service;  ///< PGSERVICE before; empty for none.
    std::string_view host, service_after;
  } rows[] = {
      {"dbname=d", "", "of-environment", ""},     {"dbname=d", "two", "of-two", "two"},
      {"service=one", "", "of-one", "one"},       {"service=one", "one", "of-one", "one"},
      {"service=one", "two", "of-one", "one"},    {"service=''", "two", "of-two", "two"},
      {"service=no", "", "of-environment", "no"},
  };
  for (const auto& row : rows) {
    const Variable service("PGSERVICE", row.service);
    const auto defaults = pg::find_defaults(parse(row.text));
    EXPECT_EQ(pg::value_of(defaults, "host"), row.host) << row.text << " " << row.service;
    EXPECT_EQ(pg::value_of(defaults, "user"), "ann");
    const char* after = ::getenv("PGSERVICE");
    EXPECT_EQ(std::string_view(after == nullptr ? "" : after), row.service_after) << row.text;
  }
}

}  // namespace
