#include "auth/metrics.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

#include "auth/routes.h"
#include "base/tally.h"
#include "base/version.h"
#include "http/json.h"

namespace auth {
namespace {

using base::Counted;

/// What the place of a worker is seen as.
enum class Seen { absent, starting, idle, busy, draining, count };

struct SeenRow {
  Seen id;
  std::string_view name;
};
constexpr std::array kSeen{
    SeenRow{Seen::absent, "absent"}, SeenRow{Seen::starting, "starting"}, SeenRow{Seen::idle, "idle"},
    SeenRow{Seen::busy, "busy"},     SeenRow{Seen::draining, "draining"},
};
static_assert(base::is_enum_table(kSeen));

Seen see(const base::ScoreboardSlot& slot) {
  switch (slot.state) {
    case base::WorkerState::absent:
      return Seen::absent;
    case base::WorkerState::starting:
      return Seen::starting;
    case base::WorkerState::ready:
      return slot.heartbeat.step == base::Step::waiting ? Seen::idle : Seen::busy;
    case base::WorkerState::draining:
      return Seen::draining;
  }
  return Seen::absent;
}

struct StandbyUseRow {
  base::StandbyUse id;
  std::string_view name;
};
constexpr std::array kStandbyUses{
    StandbyUseRow{base::StandbyUse::used, "used"},
    StandbyUseRow{base::StandbyUse::unused, "unused"},
};

/// The sum of what all processes have counted; `pick` finds the counter in a tally.
template <class Pick>
std::int64_t sum(const base::Scoreboard& scoreboard, Pick pick) {
  std::int64_t total = pick(scoreboard.master()).value();
  for (const auto& slot : scoreboard.slots()) total += pick(slot.tally).value();
  return total;
}

std::int64_t sum(const base::Scoreboard& scoreboard, Counted event) {
  return sum(scoreboard, [event](const base::Tally& tally) -> const base::Counter& {
    return tally.events[static_cast<std::size_t>(event)];
  });
}

/// Microseconds as seconds, without zeros at the end: 2500 is 0.0025.
std::string make_seconds(std::int64_t microseconds) {
  std::string decimals = std::to_string(1000000 + microseconds % 1000000).substr(1);
  decimals.erase(decimals.find_last_not_of('0') + 1);
  return std::to_string(microseconds / 1000000) + (decimals.empty() ? "" : "." + decimals);
}

/// The text for Prometheus. Every name begins with sessiond_.
class Exposition {
 public:
  /// Begins a metric; the samples that follow are of it.
  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = "sessiond_" + std::string(name);
    text_.append("# HELP ").append(name_).append(" ").append(help) += '\n';
    text_.append("# TYPE ").append(name_).append(" ").append(type) += '\n';
  }
  /// `labels` as they stand in braces; empty for none.
  void sample(std::string_view labels, std::string_view value, std::string_view suffix = {}) {
    text_.append(name_).append(suffix);
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_.append(" ").append(value) += '\n';
  }
  void sample(std::string_view labels, std::int64_t value) { sample(labels, std::to_string(value)); }
  std::string take() { return std::move(text_); }

 private:
  std::string name_;
  std::string text_;
};

/// One label. The values are words of this program, which need no escape.
std::string label(std::string_view name, std::string_view value) {
  return std::string(name).append("=\"").append(value) += '"';
}

/// `pick` finds the histogram in a tally.
template <class Pick>
void add_histogram(Exposition& text, const base::Scoreboard& scoreboard, const std::string& labels,
                   Pick pick) {
  const std::string before = labels.empty() ? "" : labels + ",";
  std::int64_t count = 0;
  for (std::size_t i = 0; i <= base::kBounds.size(); ++i) {
    count += sum(
        scoreboard, [&](const base::Tally& tally) -> const auto& { return pick(tally).buckets[i]; });
    const bool last = i == base::kBounds.size();
    text.sample(before + label("le", last ? "+Inf" : make_seconds(base::kBounds[i])), std::to_string(count),
                "_bucket");
  }
  const auto microseconds = sum(
      scoreboard, [&](const base::Tally& tally) -> const auto& { return pick(tally).sum; });
  text.sample(labels, make_seconds(microseconds), "_sum");
  text.sample(labels, std::to_string(count), "_count");
}

/// The metric that counts an event of the log.
struct EventRow {
  Counted id;
  std::string_view outcome;  ///< Tells apart the events of one metric; empty for the only one.
  std::string_view metric;   ///< Empty: the metric of the row before.
  std::string_view help;
};

constexpr std::array kEventRows{
    EventRow{Counted::login_succeeded, "success", "logins_total", "Logins, by outcome."},
    EventRow{Counted::login_failed, "failure", "", ""},
    EventRow{Counted::attempt_throttled, "", "throttled_total", "Attempts that the throttle has refused."},
    EventRow{Counted::user_created, "success", "registrations_total",
             "Accounts that were made, and those that REGISTRATION has refused."},
    EventRow{Counted::registration_refused, "refused", "", ""},
    EventRow{Counted::session_created, "", "sessions_opened_total", "Sessions that were opened."},
    EventRow{Counted::session_renewed, "success", "refreshes_total",
             "Rotations of the tokens of a session. A reuse has ended its session."},
    EventRow{Counted::refresh_refused, "refused", "", ""},
    EventRow{Counted::token_reused, "reuse", "", ""},
    EventRow{Counted::password_changed, "", "password_changes_total", "Passwords that were changed."},
    EventRow{Counted::group_lacking, "group", "guard_refusals_total",
             "Requests of users who lack the group of a guarded place, and to places that let nobody in."},
    EventRow{Counted::guard_misplaced, "misplaced", "", ""},
    EventRow{Counted::cross_site_refused, "", "cross_site_refusals_total",
             "Requests from other sites that were refused."},
    EventRow{Counted::request_late, "late", "unhashed_requests_total",
             "Requests for a password hash that waited too long, or whose client had left."},
    EventRow{Counted::request_abandoned, "abandoned", "", ""},
    EventRow{Counted::request_failed, "", "failed_requests_total",
             "Requests that ended in 500 or 503 because something failed."},
    EventRow{Counted::database_connected, "connected", "database_connections_total",
             "Connections to the database that were made, lost, and not to be had."},
    EventRow{Counted::database_lost, "lost", "", ""},
    EventRow{Counted::database_unavailable, "unavailable", "", ""},
    EventRow{Counted::peer_refused, "", "refused_peers_total",
             "Connections to a socket by users who may not."},
    EventRow{
        Counted::worker_hung, "hung", "worker_failures_total",
        "Workers that hung and were killed, that made a call that no worker makes, that gave up, and that "
        "ended for whatever reason."},
    EventRow{Counted::worker_overstepped, "overstepped", "", ""},
    EventRow{Counted::worker_failed, "failed", "", ""},
    EventRow{Counted::worker_ended, "ended", "", ""},
    EventRow{Counted::cleanup_failed, "", "failed_cleanups_total", "Batches of the cleanup that failed."},
    EventRow{Counted::renewal_done, "success", "renewals_total",
             "Renewals that were done, that were refused, and reports of one that waits for new workers."},
    EventRow{Counted::renewal_refused, "refused", "", ""},
    EventRow{Counted::renewal_unfinished, "unfinished", "", ""},
};
static_assert(base::is_enum_table(kEventRows));

void add_events(Exposition& text, const base::Scoreboard& scoreboard) {
  for (const auto& row : kEventRows) {
    if (!row.metric.empty()) text.begin(row.metric, "counter", row.help);
    text.sample(row.outcome.empty() ? "" : label("outcome", row.outcome), sum(scoreboard, row.id));
  }
}

/// The labels of a place in the tally of routes; the one behind the last route has requests without any.
std::string route_labels(std::size_t index) {
  const bool none = index == routes().size();
  return label("method", none ? "" : routes()[index].method) + "," +
         label("route", none ? "" : routes()[index].path);
}

void add_requests(Exposition& text, const base::Scoreboard& scoreboard) {
  text.begin("requests_total", "counter", "Answers of workers, by route and class of the status.");
  for (std::size_t i = 0; i <= routes().size(); ++i)
    for (std::size_t hundreds = 1; hundreds <= base::kStatusClasses; ++hundreds) {
      const auto count = sum(
          scoreboard, [&](const base::Tally& tally) -> const auto& {
            return tally.routes[i].answers[hundreds - 1];
          });
      const bool usual = hundreds == 2 || hundreds >= 4;
      if (usual || count > 0)
        text.sample(route_labels(i) + "," + label("code", std::to_string(hundreds) + "xx"), count);
    }
  text.begin("request_duration_seconds", "histogram",
             "From when a worker has a request to when it has the answer.");
  for (std::size_t i = 0; i <= routes().size(); ++i)
    add_histogram(
        text, scoreboard,
        route_labels(i), [i](const base::Tally& tally) -> const auto& { return tally.routes[i].durations; });
}

void add_hashes(Exposition& text, const base::Scoreboard& scoreboard) {
  text.begin("password_hash_duration_seconds", "histogram", "What password hashes took.");
  add_histogram(
      text, scoreboard, "", [](const base::Tally& tally) -> const auto& { return tally.hashes; });
  text.begin("password_queue_duration_seconds", "histogram",
             "How long requests for a hash waited for a worker.");
  add_histogram(
      text, scoreboard, "", [](const base::Tally& tally) -> const auto& { return tally.queue; });
}

/// False for all pools but one where a single process serves all routes, so that no worker of them is missed.
bool has_places(const base::Scoreboard& scoreboard, base::Pool pool) {
  return std::any_of(scoreboard.slots().begin(), scoreboard.slots().end(),
                     [pool](const auto& slot) { return slot.pool == pool; });
}

void add_workers(Exposition& text, const base::Scoreboard& scoreboard) {
  text.begin("workers", "gauge", "Workers, by pool and state.");
  for (const auto& pool : base::kPools) {
    if (!has_places(scoreboard, pool.id)) continue;
    for (const auto& row : kSeen)
      text.sample(label("pool", pool.name) + "," + label("state", row.name),
                  std::count_if(scoreboard.slots().begin(), scoreboard.slots().end(), [&](const auto& slot) {
                    return slot.pool == pool.id && see(slot) == row.id;
                  }));
  }
}

void add_standby(Exposition& text, const base::Scoreboard& scoreboard) {
  text.begin("standby_workers", "gauge",
             "Workers that CHECK_DATABASE_URL gives a standby, by whether they read from it.");
  for (const auto& row : kStandbyUses)
    text.sample(label("state", row.name),
                std::count_if(scoreboard.slots().begin(), scoreboard.slots().end(), [&](const auto& slot) {
                  return see(slot) != Seen::absent && slot.standby == row.id;
                }));
}

void add_round_trips(Exposition& text, const base::Scoreboard& scoreboard) {
  text.begin("database_round_trips_total", "counter",
             "Questions to the database, each with one statement or several.");
  text.sample("", sum(
                      scoreboard, [](const base::Tally& tally) -> const auto& { return tally.round_trips; }));
}

std::int64_t sum_cleaned(const base::Scoreboard& scoreboard, std::size_t table) {
  return sum(
      scoreboard, [table](const base::Tally& tally) -> const auto& { return tally.cleaned[table]; });
}

/// The slot is written by another process.
std::string_view name_of(base::Pool pool) {
  const auto* row = base::find_row(base::kPools, pool);
  return row == nullptr ? "unknown" : row->name;
}

void write_worker(http::JsonWriter& json, const base::ScoreboardSlot& slot) {
  json.begin_object()
      .member("pid", std::int64_t{slot.pid})
      .member("pool", name_of(slot.pool))
      .member("state", base::row_of(kSeen, see(slot)).name)
      .member("step", base::words_of(slot.heartbeat.step))
      .member("requests", slot.requests.load())
      .end_object();
}

}  // namespace

std::string make_metrics(const base::Scoreboard& scoreboard) {
  Exposition text;
  text.begin("build_info", "gauge", "Always 1; the label says which version runs.");
  text.sample(label("version", base::kVersion), 1);
  text.begin("start_time_seconds", "gauge", "Since when is counted: the start, or the last renewal.");
  text.sample("", make_seconds(scoreboard.started_at().time_since_epoch().count()));
  add_workers(text, scoreboard);
  add_requests(text, scoreboard);
  add_hashes(text, scoreboard);
  add_events(text, scoreboard);
  add_round_trips(text, scoreboard);
  add_standby(text, scoreboard);
  text.begin("cleanup_rows_total", "counter", "Rows that the cleanup has deleted, by table.");
  for (std::size_t i = 0; i < base::kCleaned.size(); ++i)
    text.sample(label("table", base::kCleaned[i].table), sum_cleaned(scoreboard, i));
  return text.take();
}

std::string make_status(const base::Scoreboard& scoreboard) {
  http::JsonWriter json;
  json.begin_object()
      .member("version", base::kVersion)
      .member("counting_since", base::make_rfc3339(scoreboard.started_at()))
      .begin_array("workers");
  for (const auto& slot : scoreboard.slots()) write_worker(json, slot);
  json.end_array().begin_object("events");
  for (const auto& row : base::kCounted) json.member(row.event, sum(scoreboard, row.id));
  json.end_object().begin_object("cleaned_up");
  for (std::size_t i = 0; i < base::kCleaned.size(); ++i)
    json.member(base::kCleaned[i].table, sum_cleaned(scoreboard, i));
  return json.end_object().end_object().take();
}

}  // namespace auth
