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
  base::Settings settings;
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

TEST(Connection, ABeginThatMeetsTheEndOfTheServerIsTriedOnANewConnection) {
  fake::Postgres server([](int connection, const std::string& query) -> Reaction {
    if (connection == 1 && query.starts_with("BEGIN")) return {fake::fatal("57P01"), true};
    return {};
  });
  const auto settings = make_settings(make_url(server.path()));
  pg::Connection connection(settings);
  connection.set_deadline(base::monotonic_ms() + 20000);
  connection.require_connected();
  // A connection is replaced once in 1.5 seconds at most.
  std::this_thread::sleep_for(std::chrono::milliseconds(1550));
  pg::Transaction transaction(connection);
  transaction.commit();
  EXPECT_EQ(server.connections(), 2);
}

TEST(Connection, ACommitWithoutItsEndIsNoSuccess) {
  for (const bool closes : {false, true}) {
    fake::Postgres server([&](int, const std::string& query) -> Reaction {
      if (query == "COMMIT") return {fake::completed("COMMIT"), closes};
      return {};
    });
    const auto settings = make_settings(make_url(server.path()));
    pg::Connection connection(settings);
    connection.set_deadline(base::monotonic_ms() + 20000);
    pg::Transaction transaction(connection);
    if (!closes) connection.set_deadline(base::monotonic_ms() + 200);
    EXPECT_THROW(transaction.commit(), pg::Error) << closes;
    EXPECT_FALSE(connection.connected()) << closes;
  }
}

TEST(Connection, AnErrorWithoutItsEndCostsTheConnection) {
  const fake::Postgres server([](int, const std::string& query) -> Reaction {
    if (query == "COMMIT") return {fake::fatal("40001"), false};
    return {};
  });
  const auto settings = make_settings(make_url(server.path()));
  pg::Connection connection(settings);
  connection.set_deadline(base::monotonic_ms() + 20000);
  pg::Transaction transaction(connection);
  connection.set_deadline(base::monotonic_ms() + 200);
  EXPECT_THROW(transaction.commit(), pg::Error);
  EXPECT_FALSE(connection.connected());
}

TEST(Connection, AnErrorBeforeTheLossIsTheReasonThatIsGiven) {
  fake::Postgres server([](int, const std::string& query) -> Reaction {
    if (query == "COMMIT") return {fake::fatal("57P01"), true};
    return {};
  });
  const auto settings = make_settings(make_url(server.path()));
  pg::Connection connection(settings);
  connection.set_deadline(base::monotonic_ms() + 20000);
  pg::Transaction transaction(connection);
  try {
    transaction.commit();
    FAIL() << "committed";
  } catch (const pg::Error& error) {
    EXPECT_EQ(error.sqlstate(), "57P01");
  }
}

}  // namespace
