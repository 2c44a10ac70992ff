// http: cookies, JSON in and out, request parameters, response heads.
#include <gtest/gtest.h>

#include "http/cookie.h"
#include "http/json.h"
#include "http/request.h"
#include "http/response.h"

using namespace std::string_view_literals;

namespace {

TEST(Cookie, IsFoundByItsExactName) {
  struct Row {
    std::string_view header;
    std::vector<std::string_view> values;
  };
  const Row rows[] = {
      {"", {}},
      {"t=1", {"1"}},
      {"a=2; t=1", {"1"}},
      {"t=1;b=2", {"1"}},
      {"t=a=b", {"a=b"}},
      {"t=", {""}},
      {"T=1", {}},
      {"xt=1", {}},
      {"t", {}},
      {"t=1; t=2", {"1", "2"}},
      {";;; t=1 ;", {"1"}},
  };
  for (const auto& row : rows) {
    std::vector<std::string_view> values;
    http::for_each_cookie(row.header, "t", [&values](std::string_view value) { values.push_back(value); });
    EXPECT_EQ(values, row.values) << row.header;
  }
}

TEST(Cookie, IsSetWithAllItsAttributes) {
  EXPECT_EQ(http::make_set_cookie({"", "", false}, "t", "v", 5).view(),
            "t=v; Max-Age=5; Path=/; HttpOnly; SameSite=Lax");
  EXPECT_EQ(http::make_set_cookie({"__Host-", "", true}, "t", "", 0).view(),
            "__Host-t=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure");
  EXPECT_EQ(http::make_set_cookie({"", "example.org", false}, "t", "v", -3).view(),
            "t=v; Max-Age=0; Domain=example.org; Path=/; HttpOnly; SameSite=Lax");
}

constexpr std::array kSpecs{http::FieldSpec{"a", true}, http::FieldSpec{"b", false}};

TEST(Json, TakesOneFlatObjectOfStrings) {
  auto fields = http::parse_fields(" {\"a\":\"x\\u00e9\\ud83d\\ude00\"} \n", kSpecs);
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->required("a"), "x\xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_EQ(fields->optional("b"), std::nullopt);
  EXPECT_EQ(http::parse_fields(R"({"b":"y","a":"x"})", kSpecs)->optional("b"), "y");
  EXPECT_EQ(http::parse_fields(R"({"b":null,"a":"x"})", kSpecs)->optional("b"), std::nullopt);
}

TEST(Json, AsksForFieldsOfTheRouteOnly) {
  const http::Fields none(kSpecs);
  EXPECT_EQ(none.missing(), std::vector<std::string_view>{"a"});
  EXPECT_THROW(none.required("a"), std::logic_error);
  EXPECT_THROW(none.optional("c"), std::logic_error);
  EXPECT_THROW(http::Fields().optional("a"), std::logic_error);
}

TEST(Json, RefusesEverythingElse) {
  struct Row {
    std::string_view body;
    base::ProblemId problem;
    std::string_view field_code;
  };
  using enum base::ProblemId;
  const Row rows[] = {
      {"", invalid_json, ""},
      {"  ", invalid_json, ""},
      {"[]", invalid_json, ""},
      {"null", invalid_json, ""},
      {"\"a\"", invalid_json, ""},
      {"{", invalid_json, ""},
      {R"({"a":"x")", invalid_json, ""},
      {R"({"a":"x",})", invalid_json, ""},
      {"{'a':'x'}", invalid_json, ""},
      {R"({"a":"x"}x)", invalid_json, ""},
      {R"({"a":"x"}{})", invalid_json, ""},
      {"{\"a\":\"x\"}\0garbage"sv, invalid_json, ""},
      {"\xEF\xBB\xBF{\"a\":\"x\"}", invalid_json, ""},
      {R"({"a":"x" /* c */})", invalid_json, ""},
      {"{\"a\":\"\xFF\"}", invalid_json, ""},
      {"{\"a\":\"\xED\xA0\x80\"}", invalid_json, ""},
      {R"({"a":"\ud800"})", invalid_json, ""},
      {R"({"a":"\udc00"})", invalid_request, "invalid_format"},
      {R"({"a":"x\u0000"})", invalid_request, "invalid_format"},
      {"{}", invalid_request, "required"},
      {R"({"b":"x"})", invalid_request, "required"},
      {R"({"a":1})", invalid_request, "wrong_type"},
      {R"({"a":null})", invalid_request, "wrong_type"},
      {R"({"a":"x","b":null,"b":null})", invalid_request, "duplicate_field"},
      {R"({"a":"x","b":null,"b":"y"})", invalid_request, "duplicate_field"},
      {R"({"a":"x","b":"y","b":null})", invalid_request, "duplicate_field"},
      {R"({"a":"x","c":null})", invalid_request, "unknown_field"},
      {R"({"b":null})", invalid_request, "required"},
      {R"({"a":"x","b":[null]})", invalid_request, "wrong_type"},
      {R"({"a":"x","b":nul})", invalid_json, ""},
      {R"({"a":true})", invalid_request, "wrong_type"},
      {R"({"a":[]})", invalid_request, "wrong_type"},
      {R"({"a":{"b":"c"}})", invalid_request, "wrong_type"},
      {R"({"a":0.00000000000e-2147483639})", invalid_request, "wrong_type"},
      {R"({"a":1e999999999999})", invalid_json, ""},
      {R"({"a":"x","a":"y"})", invalid_request, "duplicate_field"},
      {R"({"A":"x"})", invalid_request, "unknown_field"},
      {R"({"a":"x","__proto__":{}})", invalid_request, "unknown_field"},
  };
  for (const auto& row : rows) {
    const auto fields = http::parse_fields(row.body, kSpecs);
    ASSERT_FALSE(fields.ok()) << row.body;
    EXPECT_EQ(fields.problem().id, row.problem) << row.body;
    const auto& errors = fields.problem().errors;
    EXPECT_EQ(errors.empty() ? "" : errors[0].code, row.field_code) << row.body;
  }
}

TEST(Json, TakesArraysAndFlagsWhereTheSpecsHaveThem) {
  constexpr std::array kKinds{http::FieldSpec{"a", false, http::FieldKind::texts},
                              http::FieldSpec{"b", false, http::FieldKind::flag}};
  struct Row {
    std::string_view text, expected;
  };
  const Row rows[] = {
      {R"({"a":[],"b":true})", "|true"},
      {R"({"a":["x","y"],"b":false})", "x,y|false"},
      {R"({"a":"x,y","b":"false"})", "x,y|false"},
      {R"({"a":null,"b":null})", "-|-"},
      {R"({"b":true,"b":true})", "duplicate_field"},
      {R"({"a":["x"],"a":["y"]})", "duplicate_field"},
      {R"({"a":["x,y"]})", "invalid_format"},
      {R"({"a":["x\u0000"]})", "invalid_format"},
      {R"({"a":["x",null]})", "wrong_type"},
      {R"({"a":["x",1]})", "wrong_type"},
      {R"({"a":["x",true]})", "wrong_type"},
      {R"({"a":[["x"]]})", "wrong_type"},
      {R"({"a":[{"a":"x"}]})", "wrong_type"},
      {R"({"a":{"a":"x"}})", "wrong_type"},
      {R"({"a":true})", "wrong_type"},
      {R"({"b":"yes"})", "wrong_type"},
      {R"({"b":["true"]})", "wrong_type"},
      {R"({"b":1})", "wrong_type"},
  };
  for (const auto& row : rows) {
    auto fields = http::parse_fields(row.text, kKinds);
    const auto found = fields.ok() ? std::string(fields->optional("a").value_or("-")) + "|" +
                                         std::string(fields->optional("b").value_or("-"))
                                   : fields.problem().errors.at(0).code;
    EXPECT_EQ(found, row.expected) << row.text;
  }
}

TEST(Json, SurvivesDeepNesting) {
  for (const char open : {'[', '{'}) {
    std::string body = "{\"a\":";
    for (int i = 0; i < 4000; ++i) body += open == '[' ? "[" : "{\"a\":";
    EXPECT_FALSE(http::parse_fields(body, kSpecs).ok());
  }
}

TEST(Json, WritesWhatItIsGiven) {
  http::JsonWriter json;
  json.begin_object().member("text", "\"\n").member("number", 7).member("yes", true);
  json.begin_array("list").begin_object().end_object().end_array().end_object();
  EXPECT_EQ(json.take(), R"({"text":"\"\n","number":7,"yes":true,"list":[{}]})");
}

TEST(Request, TakesTheFirstOfEachParameterAndEachLineOfCookies) {
  http::Request request;
  for (const auto parameter :
       {"REQUEST_METHOD=GET", "REQUEST_METHOD=POST", "HTTP_COOKIE=a=b", "HTTP_OTHER=x", "NO_VALUE", "HTTPS"})
    http::add_parameter(request, parameter);
  EXPECT_EQ(request.method, "GET");
  EXPECT_EQ(request.cookie, "a=b");
  EXPECT_TRUE(request.https.empty()) << "a name without = is no value: " << request.https;
  EXPECT_TRUE(request.further_cookies.empty());
  http::add_parameter(request, "HTTP_COOKIE=c=d");
  EXPECT_EQ(request.cookie, "a=b");
  EXPECT_EQ(request.further_cookies, std::vector<std::string_view>{"c=d"});
  EXPECT_FALSE(request.repeats_header);
}

TEST(Request, NotesASecondHeaderOfThoseThatDecide) {
  const std::string_view deciding[] = {"AUTHORIZATION",    "CONTENT_ENCODING", "CONTENT_TYPE",
                                       "ORIGIN",           "SEC_FETCH_MODE",   "SEC_FETCH_SITE",
                                       "X_REQUESTED_WITH", "X_ORIGINAL_URL",   "X_ORIGINAL_METHOD"};
  for (const auto name : deciding) {
    const auto first = "HTTP_" + std::string(name) + "=a";
    const auto second = "HTTP_" + std::string(name) + "=";
    http::Request request;
    http::add_parameter(request, first);
    EXPECT_FALSE(request.repeats_header) << name;
    http::add_parameter(request, second);
    EXPECT_TRUE(request.repeats_header) << name;
  }
  http::Request request;
  for (const auto parameter : {"HTTP_ACCEPT=a", "HTTP_ACCEPT=b", "HTTP_USER_AGENT=a", "HTTP_USER_AGENT=b"})
    http::add_parameter(request, parameter);
  EXPECT_FALSE(request.repeats_header);
}

TEST(Response, HasAHeadWithItsLength) {
  http::Response response;
  response.body = "{}";
  response.headers.emplace_back("Allow", "GET");
  response.cookies.emplace_back(std::string_view("t=v"));
  EXPECT_EQ(
      http::make_head(response).view(),
      "Status: 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nAllow: GET\r\nSet-Cookie: "
      "t=v\r\n\r\n");
}

TEST(ResponseDeathTest, NeverSplits) {
  http::Response response;
  response.headers.emplace_back("Allow", "GET\r\nX: y");
  EXPECT_DEATH(http::make_head(response), "");
}

TEST(Response, ProblemsSayWhenToComeBack) {
  const auto response = http::make_problem_response(
      base::Problem(base::ProblemId::invalid_request, {{"a", "required", "d"}}), "id");
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find(R"("code":"invalid_request")"), std::string::npos) << response.body;
  EXPECT_NE(response.body.find(R"("errors":[{"field":"a","code":"required","detail":"d"}])"),
            std::string::npos);
  EXPECT_TRUE(response.headers.empty());
  const auto away = http::make_problem_response(base::ProblemId::service_unavailable, "id");
  ASSERT_EQ(away.headers.size(), 1u);
  EXPECT_EQ(away.headers[0].first, "Retry-After");
  base::Problem gone(base::ProblemId::unauthorized);
  gone.retry_after = 0;
  const auto again = http::make_problem_response(std::move(gone), "id");
  ASSERT_EQ(again.headers.size(), 1u);
  EXPECT_EQ(again.headers[0].second, "0");
}

}  // namespace
