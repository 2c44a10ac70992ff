// auth/failures: which error the client gets for each failure, from tables.
#include "auth/failures.h"

#include <gtest/gtest.h>

#include <new>
#include <stdexcept>

#include "pg/error.h"

namespace {

TEST(Failures, TellsTheClientWhatTheSqlstateMeans) {
  using enum base::ProblemId;
  const std::pair<const char*, base::ProblemId> rows[] = {
      {"", service_unavailable},      {"08006", service_unavailable}, {"57P01", service_unavailable},
      {"57014", service_unavailable}, {"53300", service_unavailable}, {"53100", service_unavailable},
      {"25006", service_unavailable}, {"40001", service_unavailable}, {"40P01", service_unavailable},
      {"55P03", service_unavailable}, {"22021", invalid_request},     {"23514", internal_error},
      {"42501", service_unavailable}, {"23502", service_unavailable}, {"2200H", service_unavailable},
      {"26000", service_unavailable}, {"42P05", service_unavailable}};
  for (const auto& [state, problem] : rows) {
    const auto failure = auth::make_failure(pg::Error("why", state));
    EXPECT_EQ(failure.problem, problem) << state;
    EXPECT_EQ(failure.sqlstate, state);
    EXPECT_EQ(failure.reason, "why");
  }
}

TEST(Failures, TakesNoMemoryForAPassingLack) {
  EXPECT_EQ(auth::make_failure(std::bad_alloc()).problem, base::ProblemId::service_unavailable);
  EXPECT_EQ(auth::make_failure(std::logic_error("a bug")).problem, base::ProblemId::internal_error);
}

TEST(Failures, CatchesWhatTheWorkThrows) {
  EXPECT_FALSE(auth::catch_failure([] {}));
  const auto failure = auth::catch_failure([] { throw std::runtime_error("away"); });
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->reason, "away");
}

}  // namespace
