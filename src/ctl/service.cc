// The commands on the service as a whole: its state, its cleanup; and the completion.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/pools.h"
#include "base/tally.h"
#include "base/version.h"
#include "ctl/completion.h"
#include "ctl/knock.h"
#include "ctl/verbs.h"
#include "pg/error.h"
#include "server/listen.h"
#include "store/cleanup.h"
#include "store/directory.h"
#include "store/schema.h"
#include "store/tickets.h"

namespace ctl {
namespace {

/// What a whole table has.
store::Count count_all(Desk& desk, store::Count (store::Directory::*count)(std::int64_t after)) {
  store::Count total;
  for (store::Directory directory(desk.database());;) {
    const auto page = (directory.*count)(total.last);
    if (page.all == 0) return total;
    total.all += page.all;
    total.marked += page.marked;
    total.last = page.last;
    if (page.earliest && (!total.earliest || *page.earliest < *total.earliest))
      total.earliest = page.earliest;
    desk.database();
  }
}

std::int64_t count_tickets(Desk& desk, store::TicketPurpose purpose) {
  return static_cast<std::int64_t>(store::Tickets(desk.database()).list(purpose).size());
}

constexpr int kPatience = 2;  // seconds

/// What is wrong with an answer, as the end of a sentence that names the socket; empty when nothing is.
std::string describe_fault(const Knock& answer) {
  if (answer.error != 0 && answer.error != EAGAIN) return std::strerror(answer.error);
  if (answer.is_closed) return "the connection is closed without an answer: this user may not use it";
  if (answer.status == 0) return "no worker answers within " + std::to_string(kPatience) + " s";
  return answer.status == 200 ? "" : "the answer is " + std::to_string(answer.status);
}

using Answers = std::vector<std::pair<std::string_view, std::string>>;

/// What each pool's socket does. It opens none of the database's connections and drops no privileges.
Answers ask_sockets(const base::Settings& settings) {
  Answers answers;
  for (const auto& pool : base::kPools) {
    const auto path = server::socket_path(settings, pool);
    const auto fault = describe_fault(knock(path, "/health", kPatience));
    auto answer = fault.empty() ? std::string("answers") : path;
    if (!fault.empty()) answer.append(": ").append(fault);
    answers.emplace_back(pool.name, std::move(answer));
  }
  return answers;
}

void add_numbers(Desk& desk, Record& record) {
  const auto users = count_all(desk, &store::Directory::count_users);
  const auto sessions = count_all(desk, &store::Directory::count_sessions);
  record.add("users", users.all).add("disabled", users.marked).add("sessions", sessions.marked);
  record.add("oldest_session", make_cell(sessions.earliest));
  record.add("invitations", count_tickets(desk, store::TicketPurpose::invitation));
  record.add("reset_links", count_tickets(desk, store::TicketPurpose::password_reset));
}

/// Adds what the database says, or why it says nothing; returns the exit status.
int add_database(Desk& desk, Record& record) {
  try {
    desk.database();
    record.add("database", std::string("answers")).add("schema", store::kSchemaVersion);
    add_numbers(desk, record);
    return kDone;
  } catch (const pg::Error& failure) {
    record.add("database", std::string(failure.what()));
    return kUnavailable;
  } catch (const Refusal& refusal) {
    record.add("database", std::string(refusal.what()));
    return kRefused;
  }
}

}  // namespace

int show_status(Desk& desk, const Arguments&) {
  const auto answers = ask_sockets(desk.settings());  // first, as long as this is the user who may use them
  Record record;
  record.add("version", std::string(base::kVersion));
  for (const auto& [pool, answer] : answers) record.add(pool, answer);
  const int status = add_database(desk, record);
  desk.print(record);
  return status;
}

int clean_up(Desk& desk, const Arguments&) {
  store::Purged sum{};
  for (store::Cleanup cleanup(desk.database(), desk.settings());;) {
    const auto batch = cleanup.purge_batch();
    if (batch == store::Purged{}) break;
    std::transform(sum.begin(), sum.end(), batch.begin(), sum.begin(), std::plus());
    desk.database();
  }
  desk.log("session_expired", std::nullopt, "cleanup");
  Record record;
  for (std::size_t i = 0; i < sum.size(); ++i) record.add(base::kCleaned[i].table, sum[i]);
  desk.print(record);
  return kDone;
}

int print_completion(Desk&, const Arguments&) {
  base::print(make_bash_completion());
  return kDone;
}

}  // namespace ctl
