// How sessionctl reads its command line, changes groups, and prints.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ctl/accounts/links.h"
#include "ctl/accounts/mail.h"
#include "ctl/argon2_choice.h"
#include "ctl/command.h"
#include "ctl/groups.h"
#include "ctl/output.h"

namespace {

using Words = std::vector<std::string_view>;

/// What parse_call() says about the words: the command, its operands and options, or the error.
std::string describe(const Words& words) {
  try {
    const auto call = ctl::parse_call(words);
    std::string text(call.command->name);
    for (const auto operand : call.arguments.operands()) text.append("|").append(operand);
    for (const auto* option : {"json", "yes", "name", "groups", "where"})
      for (const auto value : call.arguments.values(option))
        text.append("|--").append(option).append("=").append(value);
    return text;
  } catch (const ctl::WrongUsage& mistake) {
    return std::string("wrong: ") + mistake.what();
  }
}

TEST(Command, FindsTheCommandAndChecksItsArguments) {
  const struct {
    Words words;
    std::string expected;
  } rows[] = {
      {{"user", "list"}, "user list"},
      {{"user", "list", "--json"}, "user list|--json="},
      {{"user", "list", "--where", "a=b", "--where=c=d"}, "user list|--where=a=b|--where=c=d"},
      {{"user", "add", "ada", "--name", "Ada L."}, "user add|ada|--name=Ada L."},
      {{"user", "add", "--name=", "ada"}, "user add|ada|--name="},
      {{"user", "add", "--", "--name"}, "user add|--name"},
      {{"user", "groups", "ada", "+wheel", "-staff"}, "user groups|ada|+wheel|-staff"},
      {{"user", "delete", "ada", "--yes"}, "user delete|ada|--yes="},
      {{}, "wrong: it needs a command; see: sessionctl --help"},
      {{"import"},
       "wrong: there is no command 'import'; after 'import' comes one of: htpasswd, csv, jsonl; see: "
       "sessionctl "
       "import --help"},
      {{"invite", "nw"},
       "wrong: there is no command 'invite nw'; after 'invite' comes one of: new, list, revoke; see: "
       "sessionctl "
       "invite --help"},
      {{"users", "list"}, "wrong: there is no command 'users'; see: sessionctl --help"},
      {{"user", "add"}, "wrong: user add: it needs USERNAME; see: sessionctl user add --help"},
      {{"user", "add", "a", "b"},
       "wrong: user add: unexpected argument 'b'; see: sessionctl user add --help"},
      {{"user", "add", "ada", "--nam", "x"},
       "wrong: user add: there is no option '--nam'; see: sessionctl user add --help"},
      {{"user", "add", "ada", "--name"},
       "wrong: user add: --name needs a value, NAME; see: sessionctl user add --help"},
      {{"user", "delete", "ada", "--yes=no"},
       "wrong: user delete: --yes takes no value; see: sessionctl user delete --help"},
      {{"user", "rename", "ada", "--name", "A", "--name=B"},
       "wrong: user rename: --name is given twice; see: sessionctl user rename --help"},
      {{"user", "delete", "ada", "--yes", "--yes"},
       "wrong: user delete: --yes is given twice; see: sessionctl user delete --help"},
      {{"user", "add", "a", "\x1b[2J"},
       "wrong: user add: unexpected argument '?[2J'; see: sessionctl user add --help"},
      {{"user\n", "list"}, "wrong: there is no command 'user?'; see: sessionctl --help"},
      {{"user", "show", "ada", "--where", "a=b"},
       "wrong: user show: there is no option '--where'; see: sessionctl user show --help"},
  };
  for (const auto& row : rows) EXPECT_EQ(describe(row.words), row.expected);
}

TEST(Command, QuotesTheBeginningOfWhatIsSeen) {
  EXPECT_EQ(ctl::quote(""), "''");
  EXPECT_EQ(ctl::quote("ada"), "'ada'");
  EXPECT_EQ(ctl::quote("a\nb\xff\x1b["), "'a?b??['");
  EXPECT_EQ(ctl::quote(std::string(200, 'a')), "'" + std::string(200, 'a') + "'");
  EXPECT_EQ(ctl::quote(std::string(100000, 'a')), "'" + std::string(200, 'a') + "...'");
}

TEST(Command, EachRowIsWhole) {
  for (const auto& command : ctl::commands()) {
    EXPECT_FALSE(command.summary.empty()) << command.name;
    EXPECT_FALSE(command.summary.ends_with('.')) << command.name;
    EXPECT_TRUE(command.example.starts_with(command.name)) << command.name;
    EXPECT_NE(command.run, nullptr) << command.name;
    EXPECT_EQ(command.most > 0, !command.operands.empty()) << command.name;
    EXPECT_LE(command.least, command.most) << command.name;
    EXPECT_NE(ctl::make_help(command).find(command.example), std::string::npos) << command.name;
  }
}

/// The groups after the changes, or the error.
std::string altered(std::string_view groups, const Words& changes) {
  try {
    return ctl::alter_groups(groups, changes);
  } catch (const ctl::Refusal& refusal) {
    return std::string("refused: ") + refusal.what();
  } catch (const ctl::WrongUsage& mistake) {
    return std::string("wrong: ") + mistake.what();
  }
}

TEST(Groups, AreAddedAndRemoved) {
  EXPECT_EQ(altered("", {"+staff"}), "staff");
  EXPECT_EQ(altered("staff,wheel", {"+ops", "-staff"}), "ops,wheel");
  EXPECT_EQ(altered("staff", {"+staff", "-wheel"}), "staff");
  EXPECT_EQ(altered("staff", {"-staff"}), "");
  EXPECT_EQ(altered("", {"staff"}),
            "wrong: user groups: 'staff' has no sign: write +GROUP to add the group, or -GROUP to remove it");
  EXPECT_EQ(altered("", {""}),
            "wrong: user groups: '' has no sign: write +GROUP to add the group, or -GROUP to remove it");
  EXPECT_EQ(altered("", {"+"}),
            "refused: '' is no group: a group has 1 to 200 letters, digits and . _ @ + - only");
  EXPECT_EQ(altered("", {"+a,b"}),
            "refused: 'a,b' is no group: a group has 1 to 200 letters, digits and . _ @ + - only");
  std::vector<std::string> many;
  for (int i = 10; i < 60; ++i) many.push_back("+" + std::string(48, 'a') + std::to_string(i));
  EXPECT_EQ(altered("", {many.begin(), many.end()}),
            "refused: the groups of a user have at most 2000 bytes together");
}

TEST(Groups, AnAddressForMailIsOne) {
  for (const auto* good : {"ada@example.org", "a@b", "a+b.c@mail.example.org"})
    EXPECT_NO_THROW(ctl::require_email(good));
  for (const auto* bad :
       {"", "ada", "@example.org", "ada@", "a@b@c", "a b@c", "-f@c", "a@b,c@d", "a\n@b", "<a@b>"})
    EXPECT_THROW(ctl::require_email(bad), ctl::Refusal) << bad;
}

TEST(Links, TimesAreMinutesHoursOrDays) {
  const struct {
    std::string_view text;
    std::int64_t seconds;
    std::string_view words;
  } rows[] = {
      {"1m", 60, "1 minute"},     {"90m", 5400, "90 minutes"}, {"60m", 3600, "1 hour"},
      {"12h", 43200, "12 hours"}, {"7d", 604800, "7 days"},    {"366d", 31622400, "366 days"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(ctl::parse_life(row.text), row.seconds) << row.text;
    EXPECT_EQ(ctl::describe_life(row.seconds), row.words) << row.text;
  }
  EXPECT_EQ(ctl::describe_life(61), "61 seconds");
  for (const auto* bad :
       {"", "d", "0d", "-1d", "367d", "7", "7D", "7w", "07d", " 7d", "7 d", "9223372036854775807d"})
    EXPECT_THROW(ctl::parse_life(bad), ctl::WrongUsage) << bad;
}

TEST(Mail, HasOneLineForEachHeader) {
  const base::Time then{std::chrono::seconds{1795910462}};
  const auto message = ctl::make_message("a@b", {.to = "c@d", .subject = "S", .text = "T\n"}, then);
  EXPECT_EQ(message.view(),
            "From: a@b\nTo: c@d\nSubject: S\nDate: Sun, 29 Nov 2026 00:01:02 +0000\nMIME-Version: 1.0\n"
            "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n"
            "Auto-Submitted: auto-generated\n\nT\n");
  EXPECT_TRUE(
      ctl::make_message("", {.to = "c@d", .subject = "S", .text = ""}, then).view().starts_with("To: "));
  EXPECT_THROW(ctl::make_message("", {.to = "c@d\nBcc: e@f", .subject = "S", .text = ""}, then),
               ctl::Refusal);
  EXPECT_THROW(ctl::make_message("", {.to = "c@d", .subject = "S\nBcc: e@f", .text = ""}, then),
               ctl::Refusal);
}

ctl::Rows make_rows() {
  ctl::Rows rows({"id", "name", "groups", {"live", {"yes", "no"}}});
  rows.add({std::int64_t{7}, std::string("Äda\x1b[2J\n"), std::vector<std::string>{"a", "b"}, true});
  rows.add({std::int64_t{12}, {}, std::vector<std::string>{}, false});
  return rows;
}

TEST(Output, HasAFormForEachReader) {
  EXPECT_EQ(make_rows().print(ctl::Form::table),
            "id  name    groups  live\n"
            "7   Äda[2J  a,b     yes\n"
            "12  -               no\n");
  EXPECT_EQ(make_rows().print(ctl::Form::lines), "7\tÄda[2J\ta,b\tyes\n12\t-\t\tno\n");
  EXPECT_EQ(make_rows().print(ctl::Form::ids), "7\n12\n");
  EXPECT_EQ(make_rows().print(ctl::Form::json),
            "[{\"id\":7,\"name\":\"Äda\\u001B[2J\\n\",\"groups\":[\"a\",\"b\"],\"live\":true},"
            "{\"id\":12,\"name\":null,\"groups\":[],\"live\":false}]\n");
}

TEST(Output, FiltersKeepRowsOfOneValue) {
  auto rows = make_rows();
  rows.filter({{"live", "no"}});
  EXPECT_EQ(rows.print(ctl::Form::ids), "12\n");
  EXPECT_THROW(rows.filter({{"life", "no"}}), ctl::WrongUsage);
  EXPECT_THROW(rows.filter({{"live", "nein"}}), ctl::WrongUsage);
}

TEST(Output, ARecordHasItsListsBelow) {
  ctl::Record record;
  record.add("name", std::string("ada")).add("sessions", make_rows());
  EXPECT_EQ(record.print(ctl::Form::lines),
            "name\tada\nsessions\t7\tÄda[2J\ta,b\tyes\nsessions\t12\t-\t\tno\n");
  EXPECT_EQ(
      record.print(ctl::Form::table),
      "name  ada\n\nsessions:\nid  name    groups  live\n7   Äda[2J  a,b     yes\n12  -               no\n");
  EXPECT_EQ(record.print(ctl::Form::json).substr(0, 27), R"({"name":"ada","sessions":[{)");
}

/// On a machine where a pass over a MiB takes a millisecond.
std::optional<ctl::MeasuredCost> chosen(double seconds, std::int64_t mib) {
  return ctl::choose_cost({seconds, mib * 1024}, [](const crypto::Argon2Cost& cost) {
    return static_cast<double>(cost.memory_kib) / 1024 * cost.time / 1000;
  });
}

TEST(Argon2Choice, IsTheDearestThatFits) {
  const struct {
    double seconds;
    std::int64_t mib;
    crypto::Argon2Cost expected;
  } rows[] = {
      {0.250, 64, {65536, 3, 1}},     {0.250, 1024, {65536, 3, 1}}, {0.500, 1024, {131072, 3, 1}},
      {0.250, 19, {19456, 13, 1}},    {0.250, 32, {32768, 7, 1}},   {0.001, 1024, {19456, 2, 1}},
      {3.000, 1024, {1048576, 2, 1}},
  };
  for (const auto& row : rows) {
    const auto choice = chosen(row.seconds, row.mib);
    ASSERT_TRUE(choice);
    EXPECT_EQ(choice->cost, row.expected)
        << row.seconds << " s, " << row.mib << " MiB: " << choice->cost.memory_kib << " KiB, "
        << choice->cost.time << " passes";
  }
  EXPECT_FALSE(chosen(1, 18));
}

}  // namespace
