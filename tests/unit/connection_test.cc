// pg: which hosts are tried and for how long, what is tried again, and what never counts as success.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pthread.h>

#include <fstream>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "fake_postgres.h"
#include "pg/connection.h"

namespace {

using fake::Reaction;

fake::Reaction react_as_usual(int, const std::string&) {
  return {};
}

base::Settings make_settings(const std::string& url) {
  base::Settings settings{};
  settings.database_url.assign(url);
  return settings;
}

std::string make_url(const std::string& hosts) {
  return "host=" + hosts + " port=5432 dbname=d user=u sslmode=disable gssencmode=disable";
}

TEST(Hosts, AreListedAsLibpqDoes) {
  struct Row {
    std::string_view names, addresses, ports;
    std::vector<std::string> hosts;
  };
  const Row rows[] = {
      {"", "", "", {"||"}},
      {"a", "", "", {"a||"}},
      {"a", "", "1", {"a||1"}},
      {"a,b", "", "", {"a||", "b||"}},
      {"a,b", "", "1", {"a||1", "b||1"}},
      {"a,b", "", "1,2", {"a||1", "b||2"}},
      {"a,,c", "", "1,,3", {"a||1", "||", "c||3"}},
      {"", "::1,127.0.0.1", "", {"|::1|", "|127.0.0.1|"}},
      {"a,/run", "10.0.0.1,", "1", {"a|10.0.0.1|1", "/run||1"}},
      {"a,b", "", "1,2,3", {"a,b||1,2,3"}},
      {"a,b", "10.0.0.1", "", {"a,b|10.0.0.1|"}},
  };
  for (const auto& row : rows) {
    std::vector<std::string> texts;
    for (const auto& host : pg::list_hosts(row.names, row.addresses, row.ports))
      texts.push_back(host.name + "|" + host.address + "|" + host.port);
    EXPECT_EQ(texts, row.hosts) << row.names << " " << row.addresses << " " << row.ports;
  }
}

TEST(Hosts, OnlyNamesAreLookedUp) {
  EXPECT_TRUE(pg::needs_lookup({"db.example.org", "", ""}));
  EXPECT_TRUE(pg::needs_lookup({"127.0.0.1", "", ""}));
  EXPECT_FALSE(pg::needs_lookup({"db.example.org", "127.0.0.1", ""}));
  EXPECT_FALSE(pg::needs_lookup({"/run/postgresql", "", ""}));
  EXPECT_FALSE(pg::needs_lookup({"@abstract", "", ""}));
  EXPECT_FALSE(pg::needs_lookup({"", "", ""}));
}

TEST(Hosts, LookupKnowsLocalAddressesAndSaysWhyOthersFail) {
  EXPECT_EQ(pg::look_up("127.0.0.1").found, std::vector<std::string>{"127.0.0.1"});
  EXPECT_TRUE(pg::look_up("127.0.0.1").failure.empty());
  const auto none = pg::look_up("no host name");
  EXPECT_TRUE(none.found.empty());
  EXPECT_FALSE(none.failure.empty());
}

/// A lookup that ends when the test lets it.
struct HangingLookup {
  std::mutex gate;
  int calls = 0;
  pg::Addresses operator()(const std::string&) {
    ++calls;
    const std::lock_guard lock(gate);
    return {{"127.0.0.1"}, ""};
  }
};

TEST(Resolver, GivesUpOnAHangingLookupAndTakesItsResultLater) {
  const auto lookup = std::make_shared<HangingLookup>();
  pg::Resolver resolver([lookup](const std::string& name) { return (*lookup)(name); });
  lookup->gate.lock();
  for (int i = 0; i < 3; ++i) {
    const auto late = resolver.find("db", base::monotonic_ms() + 20);
    EXPECT_TRUE(late.found.empty());
    EXPECT_EQ(late.failure, "the lookup takes too long");
  }
  lookup->gate.unlock();
  EXPECT_EQ(resolver.find("db", base::monotonic_ms() + 20000).found, std::vector<std::string>{"127.0.0.1"});
  EXPECT_EQ(lookup->calls, 1);
  EXPECT_EQ(resolver.find("db", base::monotonic_ms() + 20000).found.size(), 1u);
  EXPECT_EQ(lookup->calls, 2);
}

TEST(Resolver, WithoutAThreadTheLookupFailsAndTheNextOneIsTriedAnew) {
  pthread_attr_t usual;
  pthread_attr_t impossible;
  ASSERT_EQ(::pthread_getattr_default_np(&usual), 0);
  ASSERT_EQ(::pthread_getattr_default_np(&impossible), 0);
  ASSERT_EQ(::pthread_attr_setstacksize(&impossible, std::size_t{1} << 50), 0);
  ASSERT_EQ(::pthread_setattr_default_np(&impossible), 0);
  pg::Resolver resolver([](const std::string&) { return pg::Addresses{{"127.0.0.1"}, ""}; });
  const auto failed = resolver.find("db", base::monotonic_ms() + 20000);
  ASSERT_EQ(::pthread_setattr_default_np(&usual), 0);
  EXPECT_TRUE(failed.found.empty());
  EXPECT_TRUE(failed.failure.starts_with("no thread for its lookup")) << failed.failure;
  EXPECT_EQ(resolver.find("db", base::monotonic_ms() + 20000).found, std::vector<std::string>{"127.0.0.1"});
}

TEST(Connector, ASilentAddressCountsAlsoWhenTheNextOneOfItsHostRefuses) {
  const base::UniqueFd silent(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(silent.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(silent.get(), 8), 0);
  ASSERT_EQ(::getsockname(silent.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  const auto settings = make_settings("host=db dbname=d user=u sslmode=disable gssencmode=disable port=" +
                                      std::to_string(ntohs(address.sin_port)));
  pg::Connector connector(settings, pg::Resolver([](const std::string&) {
                            return pg::Addresses{{"127.0.0.2", "127.0.0.3"}, ""};
                          }));
  EXPECT_THROW(connector.connect(base::monotonic_ms() + 200), pg::Error);
  EXPECT_TRUE(connector.met_silence());
}

TEST(Connector, ASilentHostDoesNotKeepTheNextOneFromItsTurn) {
  const fake::Directory silent;
  const auto nobody = fake::listen_at(silent);
  const fake::Postgres server(react_as_usual);
  const auto settings = make_settings(make_url(silent.path() + "," + server.path()));
  pg::Connector connector(settings);
  const auto start = base::monotonic_ms();
  EXPECT_NE(connector.connect(start + 400), nullptr);
  EXPECT_TRUE(connector.met_silence());
  EXPECT_GE(base::monotonic_ms() - start, 200);
  // The next connection begins with the host that answered.
  EXPECT_NE(connector.connect(base::monotonic_ms() + 20000), nullptr);
  EXPECT_FALSE(connector.met_silence());
}

TEST(Connector, ANameWhoseLookupHangsDoesNotKeepTheNextHostFromItsTurn) {
  const auto lookup = std::make_shared<HangingLookup>();
  lookup->gate.lock();
  const fake::Postgres server(react_as_usual);
  const auto settings = make_settings(make_url("db.example.org," + server.path()));
  pg::Connector connector(settings,
                          pg::Resolver([lookup](const std::string& name) { return (*lookup)(name); }));
  EXPECT_NE(connector.connect(base::monotonic_ms() + 400), nullptr);
  EXPECT_TRUE(connector.met_silence());
  lookup->gate.unlock();
}

TEST(Connector, ReturnsByItsDeadlineAndSaysWhatEachHostDid) {
  const fake::Directory silent;
  const auto nobody = fake::listen_at(silent);
  const fake::Directory absent;
  const auto settings = make_settings(make_url(silent.path() + "," + absent.path() + "," + silent.path()));
  pg::Connector connector(settings);
  const auto start = base::monotonic_ms();
  try {
    connector.connect(start + 300);
    FAIL() << "connected to nobody";
  } catch (const pg::Error& error) {
    const std::string_view reason = error.what();
    EXPECT_NE(reason.find(silent.path() + "\": no answer in time"), reason.npos) << reason;
    EXPECT_NE(reason.find(absent.path() + "/.s.PGSQL.5432\" failed"), reason.npos) << reason;
  }
  EXPECT_GE(base::monotonic_ms() - start, 300);
}

TEST(Connector, SaysInOneLineWhyItHasNotConnected) {
  const fake::Directory absent;
  const auto settings = make_settings(make_url(absent.path() + "," + absent.path()));
  pg::Connector connector(settings);
  try {
    connector.connect(base::monotonic_ms() + 20000);
    FAIL() << "connected to nobody";
  } catch (const pg::Error& error) {
    const std::string_view reason = error.what();
    EXPECT_EQ(reason.find_first_of("\n\t"), reason.npos) << reason;
    EXPECT_NE(reason.find("No such file or directory; Is the server running"), reason.npos) << reason;
    EXPECT_NE(reason.find("?; connection to server"), reason.npos) << reason;
  }
}

TEST(Connector, FindsTheHostsOfAServiceFile) {
  const fake::Directory silent;
  const auto nobody = fake::listen_at(silent);
  const fake::Postgres server(react_as_usual);
  const std::string file = silent.path() + "/services";
  std::ofstream(file) << "[sd]\nhost=" << silent.path() << ',' << server.path()
                      << "\nport=5432\ndbname=d\nuser=u\nsslmode=disable\n";
  ::setenv("PGSERVICEFILE", file.c_str(), 1);
  const auto settings = make_settings("service=sd");
  EXPECT_NE(pg::Connector(settings).connect(base::monotonic_ms() + 400), nullptr);
  ::unsetenv("PGSERVICEFILE");
  ::unsetenv("PGSERVICE");
}

/// A result of one timestamptz, which the server sends as microseconds since 2000.
pg::Result make_time(std::int64_t microseconds) {
  PGresult* result = ::PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK);
  char name[] = "t";
  PGresAttDesc column{name, 0, 0, 1, 1184, 8, -1};
  ::PQsetResultAttrs(result, 1, &column);
  char bytes[8];
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(microseconds >> (56 - 8 * i));
  ::PQsetvalue(result, 0, 0, bytes, sizeof bytes);
  return pg::Result(result);
}

TEST(Result, EveryTimeOfTheServerHasAPlace) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(base::make_rfc3339(make_time(0).time(0, 0)), "2000-01-01T00:00:00Z");
  EXPECT_TRUE(base::make_rfc3339(make_time(kMost).time(0, 0)).starts_with("9999-12-31"));
  EXPECT_LT(make_time(-kMost - 1).time(0, 0), make_time(0).time(0, 0));
}

const pg::Statement kChange{"test_change", pg::Access::write, "UPDATE nothing"};
const pg::Statement kLook{"test_look", pg::Access::read, "SELECT nothing"};
const pg::Params kNone;

pg::Steps changes() {
  pg::Steps steps;
  steps.add(kChange);
  return steps;
}

/// A server, and a connection to it that may be replaced by a new one: that is so once in 1.5 seconds at
/// most.
class Transactions : public testing::Test {
 protected:
  void connect(fake::Postgres::React react) {
    server_.emplace(std::move(react));
    settings_ = make_settings(make_url(server_->path()));
    connection_.emplace(settings_);
    connection_->set_deadline(base::monotonic_ms() + 20000);
    connection_->require_connected();
  }

  /// Waits until the connection may be replaced by a new one.
  static void pass_pause() { std::this_thread::sleep_for(std::chrono::milliseconds(1550)); }

  /// The SQLSTATE of the failure of a transaction of one statement, which runs before the commit or with it;
  /// "committed" when there is none.
  std::string change(bool with_commit) {
    pg::Transaction transaction(*connection_);
    try {
      if (with_commit) {
        EXPECT_EQ(transaction.commit(changes()).size(), 1u);
      } else {
        connection_->execute(kChange, kNone);
        transaction.commit();
      }
    } catch (const pg::Error& error) {
      return error.sqlstate();
    }
    return "committed";
  }

  base::Settings settings_{};
  std::optional<fake::Postgres> server_;
  std::optional<pg::Connection> connection_;
};

/// What the server gets as the text of `query` on its first connection, it answers with `reaction`.
fake::Postgres::React at_first(std::string query, Reaction reaction) {
  return [=](int connection, const std::string& text) {
    return connection == 1 && text.starts_with(query) ? reaction : Reaction{};
  };
}

TEST_F(Transactions, BeginAgainOnANewConnectionWhenTheServerEndsTheOldOne) {
  for (const bool with_commit : {false, true}) {
    connect(at_first("BEGIN", {fake::fatal("57P01"), true}));
    pass_pause();
    EXPECT_EQ(change(with_commit), "committed") << with_commit;
    EXPECT_EQ(server_->connections(), 2) << with_commit;
  }
}

TEST_F(Transactions, BeginAgainWhenTheConnectionIsLostBeforeTheEndOfTheFirstStatement) {
  connect(at_first("UPDATE", {"", true}));
  pass_pause();
  EXPECT_EQ(change(false), "committed");
  EXPECT_EQ(server_->connections(), 2);
}

TEST_F(Transactions, BeginOnANewConnectionWhenTheServerHasClosedTheIdleOne) {
  std::mutex guard;
  std::vector<std::string> asked;
  connect([&](int connection, const std::string& query) -> Reaction {
    const std::lock_guard lock(guard);
    if (connection == 2) asked.push_back(query);
    return {};
  });
  pass_pause();
  server_->end_connection(fake::fatal("57P01"));
  EXPECT_EQ(change(true), "committed");
  const std::lock_guard lock(guard);
  ASSERT_GE(asked.size(), 3u);
  EXPECT_TRUE(asked.end()[-3].starts_with("BEGIN")) << asked.end()[-3];
  EXPECT_EQ(asked.end()[-2], "UPDATE nothing");
  EXPECT_EQ(asked.end()[-1], "COMMIT");
}

TEST_F(Transactions, DoNotRunAgainWhenTheyMayHaveBeenCommitted) {
  for (const std::string query : {"BEGIN", "UPDATE", "COMMIT"}) {
    connect(at_first(query, {"", true}));
    if (query == "UPDATE") pass_pause();
    EXPECT_EQ(change(true), "") << query;
    EXPECT_FALSE(connection_->connected()) << query;
    EXPECT_EQ(server_->connections(), 1) << query;
  }
}

TEST_F(Transactions, RunNothingAgainOnceTheyHaveBegun) {
  std::atomic<int> looks = 0;
  connect([&](int, const std::string& query) -> Reaction {
    return {"", query.starts_with("SELECT nothing") && ++looks == 2};
  });
  pass_pause();
  pg::Transaction transaction(*connection_);
  connection_->execute(kLook, kNone);
  EXPECT_THROW(connection_->execute(kLook, kNone), pg::Error);
  EXPECT_THROW(transaction.commit(), pg::Error);
  EXPECT_THROW(transaction.commit(changes()), pg::Error);
  EXPECT_EQ(looks, 2);
}

TEST_F(Transactions, ThatDoNothingAskNothing) {
  std::atomic<int> queries = 0;
  connect([&](int, const std::string&) -> Reaction {
    ++queries;
    return {};
  });
  const int before = queries;
  pg::Transaction(*connection_).commit();
  { const pg::Transaction unused(*connection_); }
  EXPECT_EQ(queries, before);
}

TEST_F(Transactions, ACommitWithoutItsEndIsNoSuccess) {
  for (const bool with_commit : {false, true})
    for (const bool closes : {false, true}) {
      connect(at_first("COMMIT", {fake::completed("COMMIT"), closes}));
      if (!closes) connection_->set_deadline(base::monotonic_ms() + 200);
      EXPECT_EQ(change(with_commit), "") << with_commit << closes;
      EXPECT_FALSE(connection_->connected()) << with_commit << closes;
    }
}

TEST_F(Transactions, AnErrorWithoutItsEndCostsTheConnection) {
  for (const bool with_commit : {false, true}) {
    connect(at_first("COMMIT", {fake::fatal("40001"), false}));
    connection_->set_deadline(base::monotonic_ms() + 200);
    EXPECT_EQ(change(with_commit), "40001");
    EXPECT_FALSE(connection_->connected());
  }
}

TEST_F(Transactions, AnErrorBeforeTheLossIsTheReasonThatIsGiven) {
  for (const bool with_commit : {false, true}) {
    connect(at_first("COMMIT", {fake::fatal("57P01"), true}));
    EXPECT_EQ(change(with_commit), "57P01");
    EXPECT_EQ(server_->connections(), 1);
  }
}

}  // namespace
