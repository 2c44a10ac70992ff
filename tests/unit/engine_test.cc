// auth/engine: what is answered without a database, and how responses are delivered.
#include "auth/engine.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "base/setting_source.h"
#include "http/role.h"

namespace {

using Answers = std::vector<std::pair<std::size_t, http::Response>>;

class EngineTest : public testing::Test {
 protected:
  Answers answer(std::vector<http::Request>& requests, const std::function<void(std::size_t)>& between = {}) {
    std::vector<const http::Request*> batch;
    batch.reserve(requests.size());
    for (const auto& request : requests) batch.push_back(&request);
    Answers answers;
    engine_.answer(batch, [&](std::size_t index, const http::Response& response) {
      answers.emplace_back(index, response);
      if (between) between(index);
    });
    return answers;
  }

  static base::Settings make_settings() {
    const auto lookup = [](std::string_view name) { return name == "DB_HOST" ? "/nonexistent" : nullptr; };
    return base::load_settings(base::SettingSource(lookup, "", "none"), 1).settings;
  }

  const base::Settings settings_ = make_settings();
  pg::Connection database_{settings_};
  const auth::Blocklist blocklist_{"off"};
  base::Scoreboard scoreboard_{1};
  auth::Engine engine_{settings_, database_, blocklist_, scoreboard_};
};

std::string header(const http::Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

/// `parameter` is one more FastCGI parameter, NAME=value; empty for none. All texts must outlive the request.
http::Request make_request(std::string_view method, std::string_view path, std::string_view parameter) {
  http::Request request{};
  request.method = method;
  request.path = path;
  http::add_parameter(request, parameter);
  return request;
}

TEST_F(EngineTest, RefusesInTheOrderOfItsSteps) {
  struct Row {
    std::string_view method, path, parameter;
    int status;
    std::string_view code, header, value;
  };
  const std::string bearer = "HTTP_AUTHORIZATION=Bearer " + std::string(43, 'A');
  const Row rows[] = {
      {"GET", "/health", "", 200, "OK", "WWW-Authenticate", ""},
      {"GET", "/none", bearer, 404, "not_found", "Allow", ""},
      {"PUT", "/me", "", 405, "method_not_allowed", "Allow", "GET, HEAD, PATCH"},
      {"POST", "/login", "HTTP_SEC_FETCH_SITE=cross-site", 403, "cross_site_request", "Allow", ""},
      {"GET", "/content", "", 401, "unauthorized", "WWW-Authenticate", "Bearer"},
      {"GET", "/content", "HTTP_AUTHORIZATION=Bearer x", 401, "unauthorized", "WWW-Authenticate",
       "Bearer error=\"invalid_token\""},
      {"GET", "/content", bearer, 503, "service_unavailable", "Retry-After", "1"},
      {"PATCH", "/me", "CONTENT_LENGTH=7", 401, "unauthorized", "Retry-After", ""},
      {"POST", "/login", "CONTENT_LENGTH=7", 400, "invalid_content_length", "Allow", ""},
      {"POST", "/login", "", 415, "unsupported_media_type", "Allow", ""},
      {"POST", "/refresh", "", 401, "invalid_refresh_token", "WWW-Authenticate", "Bearer"},
  };
  std::vector<http::Request> batch;
  for (const auto& row : rows) batch.push_back(make_request(row.method, row.path, row.parameter));
  const auto answers = answer(batch);
  ASSERT_EQ(answers.size(), std::size(rows));
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const auto& [index, response] = answers[i];
    EXPECT_EQ(index, i);
    EXPECT_EQ(response.status, rows[i].status) << "row " << i;
    EXPECT_NE(response.body.find(rows[i].code), std::string::npos) << "row " << i << ": " << response.body;
    EXPECT_EQ(header(response, rows[i].header), rows[i].value) << "row " << i;
  }
  EXPECT_EQ(answers.back().second.cookies.size(), 2u);
}

TEST_F(EngineTest, RefusesARequestForAHashThatHasWaitedTooLong) {
  const auto ago = [](int seconds) {
    const auto then = std::chrono::system_clock::now() - std::chrono::seconds(seconds);
    return "PASSED_ON_AT=" + std::to_string(std::chrono::system_clock::to_time_t(then)) + ".000";
  };
  const std::string late = ago(12), fresh = ago(0), clocks_differ = ago(3600);
  std::vector<http::Request> batch{
      make_request("POST", "/login", late),          make_request("POST", "/change-password", late),
      make_request("POST", "/login", fresh),         make_request("POST", "/login", "PASSED_ON_AT=x"),
      make_request("POST", "/login", clocks_differ), make_request("GET", "/health", late),
  };
  const int expected[] = {503, 503, 415, 415, 415, 200};
  const auto answers = answer(batch);
  ASSERT_EQ(answers.size(), std::size(expected));
  for (std::size_t i = 0; i < answers.size(); ++i) EXPECT_EQ(answers[i].second.status, expected[i]) << i;
  EXPECT_EQ(header(answers[0].second, "Retry-After"), "1");
}

TEST_F(EngineTest, LetsNobodyInForAnAuthorizerWithoutADatabase) {
  const std::string bearer = "HTTP_AUTHORIZATION=Bearer " + std::string(43, 'A');
  std::vector<http::Request> batch{make_request("GET", "/health", bearer),
                                   make_request("GET", "/health", "")};
  std::string room;
  for (auto& request : batch) {
    http::add_parameter(request, "REQUIRED_GROUP=*");
    http::become_question(request, room);
  }
  const auto answers = answer(batch);
  EXPECT_EQ(answers[0].second.status, 503);
  EXPECT_EQ(answers[1].second.status, 401);
}

TEST_F(EngineTest, DeliversEachResponseBeforeTheNextRequestIsHandled) {
  std::vector<http::Request> batch{make_request("GET", "/health", ""), make_request("POST", "/refresh", "")};
  const auto answers = answer(batch, [&](std::size_t) { batch[1].content_length = "7"; });
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[1].second.status, 400);
}

}  // namespace
