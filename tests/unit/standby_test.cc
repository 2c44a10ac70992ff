// pg/standby, store/standbys: for whom commits wait, and by what a standby may be read.
#include "pg/standby.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "pg/conninfo_fault.h"
#include "store/standbys.h"

namespace {

TEST(StandbyNames, AreReadAsPostgresqlDoes) {
  struct Row {
    std::string_view text;
    bool valid;
    bool any;
    std::int64_t awaited;
    std::vector<std::string> names;
  };
  const Row rows[] = {
      {"a", true, false, 1, {"a"}},
      {" a , b ", true, false, 1, {"a", "b"}},
      {"*", true, false, 1, {"*"}},
      {"2 (a,b)", true, false, 2, {"a", "b"}},
      {"FIRST 2 (a, b)", true, false, 2, {"a", "b"}},
      {"any 1(a,\"b c\")", true, true, 1, {"a", "b c"}},
      {"ANY 1 (\"say \"\"b\"\"\")", true, true, 1, {"say \"b\""}},
      {"first", true, false, 1, {"first"}},
      {"", false, false, 1, {}},
      {"a,", false, false, 1, {"a"}},
      {"FIRST (a)", false, false, 0, {}},
      {"FIRST 0 (a)", false, false, 0, {"a"}},
      {"FIRST 1 (a", false, false, 1, {"a"}},
      {"FIRST 1 (a) b", false, false, 1, {"a"}},
      {"\"a", false, false, 1, {}},
  };
  for (const auto& row : rows) {
    const auto found = pg::parse_standby_names(row.text);
    EXPECT_EQ(found.valid, row.valid) << row.text;
    if (!row.valid) continue;
    EXPECT_EQ(found.any, row.any) << row.text;
    EXPECT_EQ(found.awaited, row.awaited) << row.text;
    EXPECT_EQ(found.names, row.names) << row.text;
  }
}

TEST(StandbyNames, MustHaveAllCommitsWait) {
  struct Row {
    std::string_view text, fault;
  };
  const Row rows[] = {
      {"near", ""},
      {"NEAR", ""},
      {"FIRST 1 (near)", ""},
      {"ANY 2 (far, near)", ""},
      {"FIRST 2 (far, \"near\")", ""},
      {"", "is empty"},
      {"  ", "is empty"},
      {"*", "has *"},
      {"\"*\"", "has *"},
      {"FIRST 2 (near, *)", "has *"},
      {"far", "does not name the standby near"},
      {"near, far", "wait for 1 of 2"},
      {"FIRST 1 (near, far)", "wait for 1 of 2"},
      {"FIRST 2 (near, far, other)", "wait for 2 of 3"},
      {"ANY 1 (near, far)", "wait for 1 of 2"},
      {"FIRST 1 (near", "cannot be read"},
  };
  for (const auto& row : rows) {
    const auto fault = pg::find_names_fault(row.text, "near");
    EXPECT_EQ(fault.empty(), row.fault.empty()) << row.text << ": " << fault;
    EXPECT_NE(fault.find(row.fault), std::string::npos) << row.text << ": " << fault;
    if (fault.empty()) continue;
    EXPECT_NE(fault.find("; set synchronous_standby_names"), std::string::npos) << fault;
  }
}

store::PrimaryFacts make_primary() {
  return {.is_standby = false,
          .cluster = 7,
          .database = 5,
          .awaited = "FIRST 1 (near)",
          .commits = "remote_apply",
          .senders = {"near", "pg_basebackup"},
          .flushed = 1000,
          .written = 1100,
          .clock = base::Time(std::chrono::seconds(100))};
}

store::StandbyFacts make_standby() {
  return {.is_standby = true,
          .cluster = 7,
          .database = 5,
          .name = "near",
          .replayed = 1000,
          .clock = base::Time(std::chrono::seconds(101))};
}

TEST(Standby, IsReadOnlyWhenNothingSpeaksAgainstIt) {
  using Primary = store::PrimaryFacts;
  using Standby = store::StandbyFacts;
  struct Row {
    std::string_view fault;
    std::function<void(Primary&, Standby&)> change;
  };
  const Row rows[] = {
      {"", [](Primary&, Standby&) {}},
      {"is a primary", [](Primary&, Standby& s) { s.is_standby = false; }},
      {"DATABASE_URL is a standby itself", [](Primary& p, Standby&) { p.is_standby = true; }},
      {"another cluster", [](Primary&, Standby& s) { s.cluster = 8; }},
      {"another database", [](Primary&, Standby& s) { s.database = 6; }},
      {"follows another server", [](Primary&, Standby& s) { s.replayed = 1101; }},
      {"no cluster_name", [](Primary&, Standby& s) { s.name.clear(); }},
      {"is empty", [](Primary& p, Standby&) { p.awaited.clear(); }},
      {"no standby is connected", [](Primary& p, Standby&) { p.senders = {"far"}; }},
      {"2 standbys are connected",
       [](Primary& p, Standby&) {
         p.senders = {"near", "NEAR"};
       }},
      {"is on by default", [](Primary& p, Standby&) { p.commits = "on"; }},
      {"is remote_write by default", [](Primary& p, Standby&) { p.commits = "remote_write"; }},
      {"ahead of", [](Primary&, Standby& s) { s.clock += std::chrono::seconds(2); }},
      {"behind", [](Primary&, Standby& s) { s.clock -= std::chrono::seconds(4); }},
  };
  for (const auto& row : rows) {
    auto primary = make_primary();
    auto standby = make_standby();
    row.change(primary, standby);
    const auto fault = store::find_standby_fault(primary, standby);
    EXPECT_EQ(fault.empty(), row.fault.empty()) << fault;
    EXPECT_NE(fault.find(row.fault), std::string::npos) << row.fault << ": " << fault;
  }
}

TEST(CheckDatabaseUrl, IsHeldAgainstTheSameRulesAsDatabaseUrl) {
  struct Row {
    std::string_view text, fault;
  };
  const Row rows[] = {
      {"", ""},
      {"host=a target_session_attrs=standby", ""},
      {"host=a target_session_attrs=primary", "target_session_attrs must be one of any, read-only, standby"},
      {"host=a sslmode=hush", "sslmode must be one of"},
      {"postgres://u:hush@h:hush/d", "port must be"},
      {"host=hush,b hostaddr=127.0.0.1", "as many values for hostaddr"},
      {"host='hush", "must be a libpq connection string"},
      {"service=hush", "without service"},
  };
  for (const auto& row : rows) {
    base::Settings settings{};
    settings.check_database_url.assign(row.text);
    const auto fault = pg::find_conninfo_fault(settings);
    EXPECT_EQ(fault.empty(), row.fault.empty()) << row.text << ": " << fault;
    EXPECT_NE(fault.find(row.fault), std::string::npos) << row.text << ": " << fault;
    EXPECT_EQ(fault.find("hush"), std::string::npos) << fault;
    if (fault.empty()) continue;
    EXPECT_TRUE(fault.starts_with("CHECK_DATABASE_URL is not allowed")) << fault;
  }
}

TEST(CheckDatabaseUrl, TakesThePlaceOfDatabaseUrl) {
  base::Settings settings{};
  settings.database_url.assign("host=primary");
  settings.check_database_url.assign("host=standby");
  EXPECT_TRUE(pg::reads_standby(settings));
  const auto standby = pg::make_standby_settings(settings);
  EXPECT_EQ(standby.database_url.view(), "host=standby");
  EXPECT_FALSE(pg::reads_standby(standby));
}

}  // namespace
