// http/authorizer: what Apache and lighttpd ask, in the words of nginx's guard, and how they are answered.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/fcgi_records.h"
#include "http/role.h"

namespace {

http::Request make_request(const std::vector<std::string>& parameters) {
  http::Request request;
  request.role = http::Role::authorizer;
  for (const auto& parameter : parameters) http::add_parameter(request, parameter);
  return request;
}

TEST(Role, IsServedOrNot) {
  EXPECT_EQ(http::find_role(1)->id, http::Role::responder);
  EXPECT_EQ(http::find_role(2)->id, http::Role::authorizer);
  for (const unsigned number : {0u, 3u, 258u, 512u, 65535u}) EXPECT_EQ(http::find_role(number), nullptr);
}

TEST(Role, OfAResponderHasItsPathFromNginxOrFromTheTarget) {
  struct Row {
    std::string path, target, found;
  };
  const Row rows[] = {{"/me", "/x?a", "/me"},
                      {"", "/me?a=/b", "/me"},
                      {"", "/%6de", "/%6de"},
                      {"", "//me", "//me"},
                      {"", "http://x/me", "http://x/me"},
                      {"", "", ""}};
  for (const auto& row : rows) {
    http::Request request;
    request.path = row.path;
    request.target = row.target;
    std::string room;
    http::find_path(request, room);
    EXPECT_EQ(request.path, row.found) << row.target;
  }
}

TEST(Authorizer, AsksWhatTheGuardAsksWhateverThePageIs) {
  const std::vector<std::string> parameters{"REQUEST_METHOD=POST",
                                            "DOCUMENT_URI=/health",
                                            "QUERY_STRING=all=true",
                                            "REQUEST_URI=/health?a=b",
                                            "HTTP_HOST=x:8080",
                                            "REQUEST_SCHEME=http",
                                            "CONTENT_LENGTH=7",
                                            "CONTENT_TYPE=text/plain",
                                            "QUESTION=sessiond/verify-optional",
                                            "PREFLIGHT=1",
                                            "GATEWAY=forward",
                                            "HTTP_X_ORIGINAL_URL=http://evil/",
                                            "REQUIRED_GROUP=a b"};
  auto request = make_request(parameters);
  std::string room;
  http::become_question(request, room);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.path, "/verify");
  EXPECT_EQ(request.query, "");
  EXPECT_EQ(request.content_length, "");
  EXPECT_EQ(request.content_type, "");
  EXPECT_EQ(request.question, "sessiond/verify");
  EXPECT_TRUE(request.guard_mark.starts_with("sessiond/verify "));
  EXPECT_EQ(request.preflight, "");
  EXPECT_EQ(request.gateway, "");
  EXPECT_EQ(request.required_group, "a b");
  EXPECT_EQ(request.original_method, "POST");
  EXPECT_EQ(request.original_url, "http://x:8080/health?a=b");
}

TEST(Authorizer, HasAMarkOnlyWhereItIsSaidForWhomThePageIs) {
  struct Row {
    std::string group, apache_role, asked;
    bool marked;
  };
  const Row rows[] = {{"*", "", "", true},
                      {"staff", "", "staff", true},
                      {"", "", "", false},
                      {"", "AUTHENTICATOR", "", true},
                      {"", "AUTHORIZER", "", false},
                      {"staff", "AUTHENTICATOR", "staff", true},
                      {"* staff", "", "* staff", true}};
  for (const auto& row : rows) {
    const std::vector<std::string> parameters{"REQUIRED_GROUP=" + row.group,
                                              "FCGI_APACHE_ROLE=" + row.apache_role};
    auto request = make_request(parameters);
    std::string room;
    http::become_question(request, room);
    EXPECT_EQ(!request.guard_mark.empty(), row.marked) << row.group << ", " << row.apache_role;
    EXPECT_EQ(request.required_group, row.asked);
  }
}

TEST(Authorizer, NamesTheClaimOfAClient) {
  struct Row {
    std::string parameter, claim;
  };
  const Row rows[] = {{"HTTP_REMOTE_USER=root", "HTTP_REMOTE_USER"},
                      {"HTTP_X_FORWARDED_NAME=root", "HTTP_X_FORWARDED_NAME"},
                      {"ODD_HEADER=odd-name", "ODD_HEADER"},
                      {"ODD_HEADER=", ""},
                      {"HTTP_ODD_HEADER=odd-name", ""},
                      {"HTTP_REMOTE_USER=", ""},
                      {"REMOTE_USER=root", ""},
                      {"HTTP_X_FORWARDED_FOR=192.0.2.1", ""},
                      {"HTTP_AUTHORIZATION=Basic YTpi", ""}};
  for (const auto& row : rows) {
    const std::vector<std::string> parameters{row.parameter};
    EXPECT_EQ(make_request(parameters).claim, row.claim) << row.parameter;
  }
}

std::string answer(int status, std::string_view reason, std::vector<http::Header> headers) {
  http::Response response;
  response.status = status;
  response.reason = reason;
  response.body = "{}";
  response.headers = std::move(headers);
  const auto given = http::make_authorizer_answer(response);
  return std::string(http::make_head(given).view()) + given.body;
}

TEST(Authorizer, AnswersAsTheRoleDemands) {
  EXPECT_EQ(
      answer(200, "OK", {{"Remote-User", "ada"}, {"X-Auth-Request-User", "ada"}, {"Remote-Groups", ""}}),
      "Status: 200 OK\r\nVariable-REMOTE_USER: ada\r\nVariable-REMOTE_GROUPS: \r\n\r\n");
  EXPECT_EQ(answer(401, "Unauthorized", {{"Location", "https://a/login"}, {"WWW-Authenticate", "Bearer"}}),
            "Status: 302 Found\r\nLocation: https://a/login\r\nCache-Control: no-store\r\n\r\n");
  EXPECT_EQ(answer(403, "Forbidden", {{"X-Sessiond-Refusal", "group"}, {"X-Sessiond-Way", "https://a/"}}),
            "Status: 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
            "Cache-Control: no-store\r\n\r\n{}");
  EXPECT_EQ(answer(503, "Service Unavailable", {{"Retry-After", "1"}}),
            "Status: 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
            "Retry-After: 1\r\nCache-Control: no-store\r\n\r\n{}");
}

}  // namespace
