// server/backoff, server/hash_queue, server/privileges, pg/params and pg/statement: what can be tested
// without processes and a database.
#include <gtest/gtest.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <set>
#include <string>

#include "crypto/digest.h"
#include "pg/params.h"
#include "pg/statement.h"
#include "server/backoff.h"
#include "server/hash_queue.h"
#include "server/privileges.h"

namespace {

using namespace std::literals;

TEST(Backoff, DoublesUpToItsLimit) {
  const std::pair<int, std::int64_t> rows[] = {{0, 0},     {1, 100},    {2, 200},     {3, 400},
                                               {9, 25600}, {10, 30000}, {1000, 30000}};
  for (const auto& [failures, delay] : rows) EXPECT_EQ(server::respawn_delay_ms(failures), delay) << failures;
}

TEST(Privileges, TheHomeIsThatOfTheUserWhateverTheEnvironmentSays) {
  const std::string before = ::getenv("HOME") == nullptr ? "" : ::getenv("HOME");
  const auto* user = ::getpwuid(::geteuid());
  const bool usable = user != nullptr && ::access(user->pw_dir, X_OK) == 0;
  ::setenv("HOME", "/elsewhere", 1);
  server::use_own_home();
  EXPECT_EQ(std::string(::getenv("HOME")), usable ? user->pw_dir : "/nonexistent");
  ::setenv("HOME", before.c_str(), 1);
}

TEST(HashQueue, IsAsLongAsTheWorkersCanAnswerInTime) {
  struct Row {
    std::int64_t workers, memory, time;
    unsigned processors;
    int length;
  };
  const Row rows[] = {
      {1, 19456, 2, 1, 210}, {2, 19456, 2, 2, 421},    {8, 19456, 2, 2, 421},
      {2, 19456, 2, 0, 210}, {2, 19456, 2, 24, 421},   {2, 65536, 3, 2, 83},
      {2, 8, 1, 2, 4096},    {3, 1048576, 1000, 8, 3}, {1, 4194304, 1000, 1, 1},
  };
  for (const Row& row : rows) {
    base::Settings settings{};
    settings.password_workers = row.workers;
    settings.argon2_memory_kib = row.memory;
    settings.argon2_time = row.time;
    EXPECT_EQ(server::hash_queue_length(settings, row.processors), row.length)
        << row.workers << ' ' << row.memory << ' ' << row.time << ' ' << row.processors;
  }
}

TEST(PgParams, WritesNumbersAndArraysInNetworkOrder) {
  std::array<crypto::Digest, 1> digests{};
  pg::Params params;
  params.add(std::int64_t{258}).add_optional(std::nullopt).add_digests(digests);
  ASSERT_EQ(params.size(), 3);
  EXPECT_EQ(std::string_view(params.values()[0], 8), std::string_view("\0\0\0\0\0\0\1\2", 8));
  EXPECT_EQ(params.values()[1], nullptr);
  EXPECT_EQ(params.lengths()[2], 20 + 4 + 32);
  EXPECT_EQ(std::string_view(params.values()[2], 20),
            std::string_view("\0\0\0\1\0\0\0\0\0\0\0\21\0\0\0\1\0\0\0\1", 20));
}

TEST(PgParams, KeepsSeveralArraysAndTheirNulls) {
  const std::vector<std::optional<std::string_view>> texts{"ab", std::nullopt, ""};
  const std::vector<std::int64_t> numbers{258};
  pg::Params params;
  params.add_texts(texts).add_numbers(numbers).add_texts({});
  const auto value = [&](int i) {
    return std::string_view(params.values()[i], static_cast<std::size_t>(params.lengths()[i]));
  };
  EXPECT_EQ(value(0),
            "\0\0\0\1\0\0\0\1\0\0\0\31\0\0\0\3\0\0\0\1"
            "\0\0\0\2ab\377\377\377\377\0\0\0\0"sv);
  EXPECT_EQ(value(1), "\0\0\0\1\0\0\0\0\0\0\0\24\0\0\0\1\0\0\0\1\0\0\0\10\0\0\0\0\0\0\1\2"sv);
  EXPECT_EQ(value(2), "\0\0\0\1\0\0\0\0\0\0\0\31\0\0\0\0\0\0\0\1"sv);
}

TEST(Statements, AreNamedOnceAndPlain) {
  std::set<std::string_view> names;
  for (const pg::Statement* statement : pg::Statement::all()) {
    EXPECT_TRUE(names.insert(statement->name()).second) << statement->name();
    EXPECT_EQ(std::string_view(statement->sql()).find("SELECT *"), std::string_view::npos)
        << statement->name();
  }
}

}  // namespace
