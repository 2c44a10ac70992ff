// pg: what a connection string says, and what it leaves to its service and the environment.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "fake_postgres.h"
#include "pg/conninfo.h"
#include "pg/conninfo_fault.h"
#include "pg/variables.h"

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
    base::Settings settings{};
    settings.database_url.assign(text);
    EXPECT_FALSE(pg::is_valid_conninfo(settings)) << text;
  }
  EXPECT_TRUE(pg::is_valid_conninfo(base::Settings()));
}

/// The fault of a DATABASE_URL.
std::string fault_of(std::string_view text) {
  base::Settings settings{};
  settings.database_url.assign(text);
  return pg::find_conninfo_fault(settings);
}

TEST(Conninfo, WhatLibpqWouldTakeIsNoFault) {
  for (const auto* text : {"",
                           "dbname=d",
                           "postgres://u:p@h/d",
                           "postgres://a:1,b:2/d",
                           "host=a,b port=1",
                           "host=a,b port=,2",
                           "host=a,,b",
                           "port=' 5432 '",
                           "port=05432",
                           "hostaddr=127.0.0.1",
                           "hostaddr=::1,192.0.2.7",
                           "host=a,b hostaddr=192.0.2.1,",
                           "host=/run/pg@15",
                           "host=@sock",
                           "host=a,/run/pg@15,@sock",
                           "postgres://u:p@%2Frun%2Fpg%4015/d",
                           "postgres://%40sock/d",
                           "postgres:///d?host=/run/pg@15",
                           "port=+5432",
                           "sslmode=verify-full",
                           "sslmode=''",
                           "ssl_min_protocol_version=tlsv1.2",
                           "connect_timeout=-1",
                           "connect_timeout=0",
                           "connect_timeout=+5",
                           "keepalives_idle=60",
                           "host=a,b target_session_attrs=read-write",
                           "target_session_attrs=prefer-standby",
                           "channel_binding=require gssencmode=disable"})
    EXPECT_EQ(fault_of(text), "") << text;
}

TEST(Conninfo, WhatLibpqWouldRefuseForEverIsToldWithWhatIsRightAndWithoutTheValue) {
  const struct {
    std::string_view text, told;
  } rows[] = {
      {"nonsense-hush", "must be a libpq connection string or URI"},
      {"postgres://u:hu@hush@h/d", "host must be a name without @"},
      {"postgresql://u:hu@@hush@h/d", "host must be a name without @"},
      {"postgres://u:hush@@h/d", "host must be a name without @"},
      {"postgres://u:hu@%2Fhush@h/d", "host must be a name without @"},
      {"host=a@hush", "host must be a name without @"},
      {"host=/run/pg@15,a@hush", "host must be a name without @"},
      {"postgres://h:hush/d", "port must be a whole number from 1 to 65535"},
      {"port=0", "port must be a whole number from 1 to 65535"},
      {"port=65536", "port must be a whole number from 1 to 65535"},
      {"host=a,b port=1,hush", "port must be a whole number from 1 to 65535"},
      {"port=-1", "port must be a whole number from 1 to 65535"},
      {"port=99999999999999999999", "port must be a whole number from 1 to 65535"},
      {"hostaddr=hush.example.org", "hostaddr must be a numeric address such as 192.0.2.1"},
      {"hostaddr=192.0.2.1,hush", "hostaddr must be a numeric address such as 192.0.2.1"},
      {"host=a,b,c port=1,2", "one port, or one for each host"},
      {"host=a port=1,2", "one port, or one for each host"},
      {"host=a,b hostaddr=192.0.2.1", "as many values for hostaddr as for host"},
      {"sslmode=hush", "sslmode must be one of disable, allow, prefer, require, verify-ca, verify-full"},
      {"target_session_attrs=hush", "target_session_attrs must be one of any, read-write, primary"},
      {"target_session_attrs=standby", "target_session_attrs must be one of any, read-write, primary"},
      {"sslmode=REQUIRE", "sslmode must be one of disable"},
      {"channel_binding=hush", "channel_binding must be one of disable, prefer, require"},
      {"gssencmode=hush", "gssencmode must be one of disable, prefer, require"},
      {"ssl_min_protocol_version=hush", "ssl_min_protocol_version must be one of TLSv1, TLSv1.1"},
      {"connect_timeout=hush", "connect_timeout must be a whole number"},
      {"connect_timeout=-+5", "connect_timeout must be a whole number"},
      {"connect_timeout=' + 5'", "connect_timeout must be a whole number"},
      {"connect_timeout=+", "connect_timeout must be a whole number"},
      {"keepalives_idle=1s", "keepalives_idle must be a whole number"},
  };
  for (const auto& row : rows) {
    const auto fault = fault_of(row.text);
    EXPECT_TRUE(fault.starts_with("DATABASE_URL is not allowed")) << row.text << ": " << fault;
    EXPECT_NE(fault.find(row.told), std::string::npos) << row.text << ": " << fault;
    EXPECT_EQ(fault.find("hush"), std::string::npos) << fault;
  }
}

TEST(Conninfo, AFaultOfTheServiceFileOrTheEnvironmentIsToldAsSuch) {
  const fake::Directory directory;
  const std::string path = directory.path() + "/services";
  std::ofstream(path) << "[one]\nport=x\n";
  const Variable file("PGSERVICEFILE", path);
  const Variable service("PGSERVICE", "");
  EXPECT_EQ(fault_of("service=one port=5432"), "");
  EXPECT_TRUE(fault_of("service=one").starts_with("what a service file or the environment says"));
  ::unsetenv("PGSERVICE");
  const Variable mode("PGSSLMODE", "nonsense");
  EXPECT_EQ(fault_of("sslmode=require"), "");
  EXPECT_TRUE(fault_of("dbname=d").starts_with("what a service file or the environment says"));
  EXPECT_NE(fault_of("").find("sslmode must be one of"), std::string::npos) << "with the DB_* settings";
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

/// The variables of libpq that count, of any version. The rest of those that it lists must not.
constexpr std::string_view kCounting[] = {
    "PGCHANNELBINDING",
    "PGSSLMODE",
    "PGSSLNEGOTIATION",
    "PGSSLCOMPRESSION",
    "PGSSLCERT",
    "PGSSLKEY",
    "PGSSLCERTMODE",
    "PGSSLROOTCERT",
    "PGSSLCRL",
    "PGSSLCRLDIR",
    "PGSSLSNI",
    "PGREQUIREPEER",
    "PGREQUIREAUTH",
    "PGREQUIRESSL",
    "PGSSLMINPROTOCOLVERSION",
    "PGSSLMAXPROTOCOLVERSION",
    "PGGSSENCMODE",
    "PGKRBSRVNAME",
    "PGGSSLIB",
    "PGGSSDELEGATION",
    "PGSERVICEFILE",
    "PGSYSCONFDIR",
};

/// What PQconndefaults() lists, and what libpq reads beside that.
std::vector<std::string> list_variables() {
  std::vector<std::string> names{"PGSERVICEFILE", "PGSYSCONFDIR", "PGREQUIRESSL", "PGDATESTYLE",
                                 "PGTZ",          "PGGEQO",       "PGLOCALEDIR"};
  const pg::Options options(::PQconndefaults());
  for (const auto* option = options.get(); option->keyword != nullptr; ++option)
    if (option->envvar != nullptr) names.emplace_back(option->envvar);
  return names;
}

TEST(Variables, OnlyThoseOfProtectionAndOfServiceFilesCount) {
  const auto names = list_variables();
  EXPECT_GT(names.size(), 30u);
  for (const auto& name : names) {
    const Variable set(name.c_str(), "x");
    const auto forgotten = pg::forget_variables();
    const bool counts = std::find(std::begin(kCounting), std::end(kCounting), name) != std::end(kCounting);
    EXPECT_EQ(::getenv(name.c_str()) != nullptr, counts) << name;
    EXPECT_EQ(forgotten, counts ? std::vector<std::string>() : std::vector<std::string>{name});
  }
}

TEST(Variables, ThoseOfOtherProgramsStay) {
  for (const char* name : {"PG", "PG_COLOR", "PGx", "XPGHOST", "POSTGRES_PASSWORD"}) {
    const Variable set(name, "x");
    EXPECT_TRUE(pg::forget_variables().empty()) << name;
    EXPECT_NE(::getenv(name), nullptr) << name;
  }
}

}  // namespace
