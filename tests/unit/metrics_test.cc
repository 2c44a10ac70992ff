// base/tally, base/scoreboard and auth/metrics: what is counted, and the text that says it.
#include "auth/metrics.h"

#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "auth/routes.h"
#include "base/log.h"

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST(Histogram, CountsADurationInTheFirstBucketThatHoldsIt) {
  base::Histogram histogram{};
  for (const std::int64_t microseconds : {0, 250, 251, 10000000, 10000001}) histogram.observe(microseconds);
  EXPECT_EQ(histogram.buckets[0].value(), 2);
  EXPECT_EQ(histogram.buckets[1].value(), 1);
  EXPECT_EQ(histogram.buckets[base::kBounds.size() - 1].value(), 1);
  EXPECT_EQ(histogram.buckets[base::kBounds.size()].value(), 1);
  EXPECT_EQ(histogram.sum.value(), 20000502);
}

TEST(Tally, CountsTheEventsOfTheLogWhateverItsLevel) {
  base::Scoreboard scoreboard(1);
  base::set_tally(scoreboard.slot(0).tally);
  base::log_event(base::LogLevel::debug, "request_abandoned");
  base::log_event(base::LogLevel::debug, "no_such_event");
  std::int64_t total = 0;
  for (const auto& counter : base::tally().events) total += counter.value();
  EXPECT_EQ(total, 1);
  EXPECT_TRUE(
      has_line(auth::make_metrics(scoreboard), R"(sessiond_unhashed_requests_total{outcome="abandoned"} 1)"));
}

TEST(Metrics, AreTheSumsOfAllProcesses) {
  base::Scoreboard scoreboard(2);
  for (auto& slot : scoreboard.slots()) slot.tally.routes[0].answers[1].add();
  scoreboard.slot(0).tally.routes[0].durations.observe(300);
  scoreboard.slot(1).tally.routes[0].durations.observe(2000000);
  scoreboard.slot(1).tally.cleaned[1].add(7);
  scoreboard.master().events[static_cast<std::size_t>(base::Counted::worker_hung)].add();
  const auto text = auth::make_metrics(scoreboard);
  const std::string health = R"({method="GET",route="/health")";
  EXPECT_TRUE(has_line(text, "sessiond_requests_total" + health + R"(,code="2xx"} 2)"));
  EXPECT_TRUE(has_line(text, "sessiond_request_duration_seconds_bucket" + health + R"(,le="0.00025"} 0)"));
  EXPECT_TRUE(has_line(text, "sessiond_request_duration_seconds_bucket" + health + R"(,le="0.0005"} 1)"));
  EXPECT_TRUE(has_line(text, "sessiond_request_duration_seconds_bucket" + health + R"(,le="1"} 1)"));
  EXPECT_TRUE(has_line(text, "sessiond_request_duration_seconds_bucket" + health + R"(,le="2.5"} 2)"));
  EXPECT_TRUE(has_line(text, "sessiond_request_duration_seconds_bucket" + health + R"(,le="+Inf"} 2)"));
  EXPECT_TRUE(has_line(text, "sessiond_request_duration_seconds_sum" + health + "} 2.0003"));
  EXPECT_TRUE(has_line(text, "sessiond_request_duration_seconds_count" + health + "} 2"));
  EXPECT_TRUE(has_line(text, R"(sessiond_cleanup_rows_total{table="attempts"} 7)"));
  EXPECT_TRUE(has_line(text, R"(sessiond_worker_failures_total{outcome="hung"} 1)"));
}

TEST(Metrics, SayWhatTheWorkersDo) {
  base::Scoreboard scoreboard(4);
  for (auto& slot : scoreboard.slots()) base::reset_slot(slot, base::Pool::write, 0);
  scoreboard.slot(0).state = base::WorkerState::ready;
  scoreboard.slot(0).heartbeat.step = base::Step::waiting;
  scoreboard.slot(1).state = base::WorkerState::ready;
  scoreboard.slot(1).heartbeat.step = base::Step::hashing;
  scoreboard.slot(2).state = base::WorkerState::absent;
  const auto text = auth::make_metrics(scoreboard);
  for (const char* state : {"idle", "busy", "absent", "starting"})
    EXPECT_TRUE(has_line(text, std::string(R"(sessiond_workers{pool="write",state=")") + state + "\"} 1"))
        << state;
  EXPECT_TRUE(has_line(text, R"(sessiond_workers{pool="write",state="draining"} 0)"));
  EXPECT_EQ(text.find(R"(sessiond_workers{pool="check")"), std::string::npos) << "a pool without places";
  EXPECT_NE(auth::make_status(scoreboard).find(R"("state":"busy","step":"computes a password hash")"),
            std::string::npos);
}

TEST(Metrics, HaveEachSampleOnceAndBelowItsType) {
  std::istringstream text(auth::make_metrics(base::Scoreboard(1)));
  std::set<std::string> names;
  std::set<std::string> samples;
  std::string name;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("# HELP ")) continue;
    const auto begin = line.starts_with("# TYPE ") ? 7 : 0;
    const auto word = line.substr(begin, line.find_first_of(" {", begin) - begin);
    if (begin > 0) {
      EXPECT_TRUE(names.insert(name = word).second) << name;
    } else {
      EXPECT_TRUE(word.starts_with(name)) << line;
      EXPECT_TRUE(samples.insert(line.substr(0, line.rfind(' '))).second) << line;
    }
  }
  EXPECT_GT(samples.size(), 300U);
}

TEST(Metrics, HaveAPlaceForRequestsWithoutARoute) {
  EXPECT_EQ(auth::index_of(nullptr), auth::routes().size());
  EXPECT_EQ(auth::index_of(&auth::routes()[3]), 3U);
  EXPECT_NE(auth::make_metrics(base::Scoreboard(0)).find(R"({method="",route="",code="4xx"} 0)"),
            std::string::npos);
}

}  // namespace
