// auth/policy and auth/routes: fields, credentials, the rule against cross-site requests and the routes, from
// tables.
#include "auth/policy.h"

#include <gtest/gtest.h>

#include <set>

#include "auth/routes.h"
#include "base/setting_source.h"

namespace {

/// The defaults but for PUBLIC_URL, which has its default where it is nullptr.
base::Settings make_settings(const char* public_url = nullptr) {
  const auto environment = [&](const char* name) {
    return std::string_view(name) == "PUBLIC_URL" ? public_url : nullptr;
  };
  return base::load_settings(base::SettingSource(environment, "", ""), 1).settings;
}

std::string code(const std::optional<base::FieldError>& error) {
  return error ? error->code : "";
}

TEST(Policy, Usernames) {
  struct Row {
    std::string username, code;
  };
  const Row rows[] = {{"abc", ""},
                      {"a.b_c@d+e-f", ""},
                      {"0ab", ""},
                      {std::string(64, 'a'), ""},
                      {"", "too_short"},
                      {"ab", "too_short"},
                      {std::string(65, 'a'), "too_long"},
                      {".ab", "invalid_format"},
                      {"a b", "invalid_format"},
                      {" abc", "invalid_format"},
                      {"abc\n", "invalid_format"},
                      {"ab\xC3\xA9", "invalid_format"},
                      {"' OR 1=1--", "invalid_format"},
                      {"$(id)", "invalid_format"}};
  for (const auto& row : rows) EXPECT_EQ(code(auth::check_username(row.username)), row.code) << row.username;
}

TEST(Policy, Names) {
  struct Row {
    std::string name, code;
  };
  std::string accents;
  for (int i = 0; i < 200; ++i) accents += "\xC3\xA9";
  const Row rows[] = {{"J", ""},
                      {accents, ""},
                      {accents + "x", "too_long"},
                      {"", "blank"},
                      {" \t", "blank"},
                      {"\xE3\x85\xA4", "blank"},
                      {"\xE2\xA0\x80 \xC2\xAD", "blank"},
                      {"\xD7\x90\xE2\x80\x8F", ""},
                      {"a\xE2\x80\xAE"
                       "b",
                       "invalid_format"},
                      {"a\xE2\x81\xA7"
                       "b",
                       "invalid_format"},
                      {"a\xE2\x80\xA9"
                       "b",
                       "invalid_format"},
                      {"a\nb", "invalid_format"},
                      {"a\x1B", "invalid_format"}};
  for (const auto& row : rows) EXPECT_EQ(code(auth::check_name(row.name)), row.code) << row.name;
}

TEST(Policy, NewPasswords) {
  struct Row {
    std::string password, code;
  };
  const auto settings = make_settings();
  const Row rows[] = {{"12345678", ""},
                      {"1234567", "too_short"},
                      {"\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80", "too_short"},
                      {std::string(1024, 'x'), ""},
                      {std::string(1025, 'x'), "too_long"},
                      {"JohnDoe12", "same_as_username"},
                      {"with spaces inside", ""}};
  for (const auto& row : rows)
    EXPECT_EQ(code(auth::check_new_password(settings, "password", row.password, "johndoe12")), row.code)
        << row.password;
}

constexpr std::string_view kToken = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
constexpr std::string_view kOther = "IAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

TEST(Policy, Credentials) {
  struct Row {
    std::string cookie, authorization;
    bool access, given, bearer, refresh;
  };
  const std::string token(kToken);
  const std::string access = "access_token=" + token;
  const Row rows[] = {
      {"", "", false, false, false, false},
      {access, "", true, true, false, false},
      {"refresh_token=" + token, "", false, false, false, true},
      {access + "; refresh_token=" + token, "", true, true, false, true},
      {access + "; " + access, "", false, true, false, false},
      {"access_token=x", "", false, true, false, false},
      {"", "Bearer " + token, true, true, true, false},
      {"", "bEaReR " + token, true, true, true, false},
      {access, "Bearer bad", false, true, true, false},
      {access, "Bearer", false, true, true, false},
      {access, "Bearer ", false, true, true, false},
      {access, "Bearer ,", false, true, true, false},
      {"", "Bearer  " + token, true, true, true, false},
      {"", " \tBearer   " + token + " \t", true, true, true, false},
      {access, "Bearer \t" + token, false, true, true, false},
      {access, "Bearer\t" + token, false, true, true, false},
      {access, "Bearer " + token + " x", false, true, true, false},
      {access, "Basic dXNlcjpwYXNz", true, true, false, false},
      {access, "Bearerx " + token, true, true, false, false},
      {"", token, false, false, false, false},
  };
  const auto settings = make_settings();
  for (const auto& row : rows) {
    http::Request request;
    request.cookie = row.cookie;
    request.authorization = row.authorization;
    const auto found = auth::find_credentials(settings, request);
    const std::string name = row.cookie + " | " + row.authorization;
    EXPECT_EQ(found.access.has_value(), row.access) << name;
    EXPECT_EQ(found.access_given, row.given) << name;
    EXPECT_EQ(found.from_bearer, row.bearer) << name;
    EXPECT_EQ(found.refresh.has_value(), row.refresh) << name;
  }
}

TEST(Policy, BearerDecidesAlone) {
  http::Request request;
  const std::string cookie = "access_token=" + std::string(kToken);
  const std::string authorization = "Bearer " + std::string(kOther);
  request.cookie = cookie;
  request.authorization = authorization;
  EXPECT_EQ(auth::find_credentials(make_settings(), request).access->text().view(), kOther);
}

TEST(Policy, LinesOfCookiesCountTogether) {
  const std::string good = "access_token=" + std::string(kToken);
  const std::string other = "access_token=" + std::string(kOther);
  struct Row {
    std::vector<std::string> lines;
    bool access, refresh;
  };
  const Row rows[] = {{{good, "a=b"}, true, false},
                      {{"a=b", good}, true, false},
                      {{"", good}, true, false},
                      {{"a=b", "c=d;", good + "; e=f"}, true, false},
                      {{good, "refresh_token=" + std::string(kOther)}, true, true},
                      {{good, good}, false, false},
                      {{good, "a=b", other}, false, false},
                      {{good, other, good}, false, false},
                      {{good + "; " + other, good}, false, false}};
  for (const auto& row : rows) {
    http::Request request;
    request.cookie = row.lines[0];
    request.further_cookies.assign(row.lines.begin() + 1, row.lines.end());
    const auto found = auth::find_credentials(make_settings(), request);
    EXPECT_EQ(found.access.has_value(), row.access) << "row " << &row - rows;
    EXPECT_EQ(found.refresh.has_value(), row.refresh) << "row " << &row - rows;
    EXPECT_TRUE(found.has_cookies) << "row " << &row - rows;
  }
}

TEST(Policy, SeesASecondContentTypeThatNginxHasJoined) {
  http::Request request;
  request.content_type = "application/json";
  EXPECT_FALSE(auth::has_repeated_header(request));
  request.content_type_header = "application/json";
  EXPECT_FALSE(auth::has_repeated_header(request));
  request.content_type_header = "application/json, application/json";
  EXPECT_TRUE(auth::has_repeated_header(request));
}

TEST(Policy, CrossSite) {
  struct Row {
    std::string_view site, origin;
    bool refused;
  };
  const Row rows[] = {
      {"", "", false},
      {"same-origin", "", false},
      {"none", "", false},
      {"same-origin", "https://evil.test", false},
      {"cross-site", "", true},
      {"cross-site", "http://localhost:3000", true},
      {"same-site", "", true},
      {"same-site", "http://localhost:3000", false},
      {"same-site", "http://localhost:3001", true},
      {"unheard-of", "", true},
      {"", "http://localhost:8080", false},
      {"", "http://localhost:3000", false},
      {"", "https://localhost:8080", true},
      {"", "http://localhost:8081", true},
      {"", "https://evil.test", true},
      {"", "null", true},
  };
  const auto settings = make_settings();
  for (const auto& row : rows) {
    http::Request request;
    request.service_origin = "http://localhost:8080";
    request.sec_fetch_site = row.site;
    request.origin = row.origin;
    EXPECT_EQ(auth::is_cross_site(settings, request), row.refused) << row.site << " | " << row.origin;
  }
}

TEST(Policy, TheDefaultOfPublicUrlIsNoOriginOfTheService) {
  http::Request request;
  request.service_origin = "https://auth.example.org";
  request.origin = "http://localhost:8080";
  EXPECT_TRUE(auth::is_cross_site(make_settings(), request));
  request.service_origin = request.origin;
  EXPECT_FALSE(auth::is_cross_site(make_settings(), request));
}

TEST(Policy, TheOriginOfPublicUrlIsTheServicesOwn) {
  const auto settings = make_settings("https://auth.example.org");
  const std::pair<std::string_view, bool> rows[] = {{"https://auth.example.org", false},
                                                    {"http://auth.example.org", false},
                                                    {"https://auth.example.org:8443", true},
                                                    {"https://auth.example.org.evil.test", true},
                                                    {"https://example.org", true}};
  for (const auto& [origin, refused] : rows) {
    http::Request request;
    request.service_origin = "http://auth.example.org";
    request.origin = origin;
    EXPECT_EQ(auth::is_cross_site(settings, request), refused) << origin;
    request.sec_fetch_site = "cross-site";
    EXPECT_TRUE(auth::is_cross_site(settings, request)) << origin;
  }
}

TEST(Policy, ContentTypes) {
  for (const auto type :
       {"application/json", "APPLICATION/JSON", "application/json; charset=utf-8",
        "application/json;charset=UTF-8", "application/json; charset=\"utf-8\"", "application/json;",
        "application/json ;; charset=utf-8 ; ", "\tapplication/json\t;\tcharset=utf-8"})
    EXPECT_TRUE(auth::is_json_content_type(type)) << type;
  for (const auto type : {"", "text/plain", "application/jsonx", "application/json, text/plain",
                          "application/json; charset=iso-8859-1", "application/json; charset=utf-8; x=y",
                          "application/json; charset = utf-8", ";application/json",
                          "application/json charset=utf-8", "application/x-www-form-urlencoded"})
    EXPECT_FALSE(auth::is_json_content_type(type)) << type;
}

TEST(Flags, AreTrueOrFalseAndNothingElse) {
  const std::pair<std::string_view, std::optional<bool>> rows[] = {
      {"", false},        {"all=false", false}, {"all=true", true}, {"all=TRUE", {}},
      {"all=1", {}},      {"all", {}},          {"all=true&", {}},  {"all=true&all=false", {}},
      {"other=true", {}}, {"all=%74rue", {}},   {"ball=true", {}}};
  for (const auto& [query, expected] : rows) {
    const auto flag = auth::read_flag(query, "all");
    EXPECT_EQ(flag ? std::optional(flag.value()) : std::nullopt, expected) << query;
  }
  const auto wrong = auth::read_flag("all=1", "all");
  EXPECT_EQ(wrong.problem().errors.at(0).field, "all");
  EXPECT_EQ(wrong.problem().errors.at(0).detail, "The query may be all=true or all=false.");
}

TEST(Routes, AreUniqueAndHaveHandlers) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto& route : auth::routes()) {
    EXPECT_TRUE(seen.insert({route.method, route.path}).second) << route.path;
    EXPECT_NE(route.handler, nullptr) << route.path;
  }
}

TEST(Routes, AreFoundByMethodAndPath) {
  struct Row {
    std::string_view method, path;
    std::optional<base::ProblemId> problem;
    std::string_view allow;
  };
  using enum base::ProblemId;
  const Row rows[] = {{"GET", "/health", std::nullopt, ""},
                      {"HEAD", "/health", std::nullopt, ""},
                      {"POST", "/health", method_not_allowed, "GET, HEAD"},
                      {"GET", "/health/", not_found, ""},
                      {"GET", "//health", not_found, ""},
                      {"GET", "", not_found, ""},
                      {"", "/health", method_not_allowed, "GET, HEAD"},
                      {"get", "/content", method_not_allowed, "GET, HEAD"},
                      {"HEAD", "/login", method_not_allowed, "POST"},
                      {"PUT", "/me", method_not_allowed, "GET, HEAD, PATCH"},
                      {"DELETE", "/sessions/5", std::nullopt, ""},
                      {"DELETE", "/sessions/", not_found, ""},
                      {"DELETE", "/sessions/5/6", not_found, ""}};
  for (const auto& row : rows) {
    const auto route = auth::find_route(row.method, row.path);
    ASSERT_EQ(route.ok(), !row.problem) << row.method << row.path;
    if (route.ok()) continue;
    EXPECT_EQ(route.problem().id, *row.problem) << row.method << row.path;
    const auto& headers = route.problem().headers;
    EXPECT_EQ(headers.empty() ? "" : headers[0].second, row.allow) << row.method << row.path;
  }
}

TEST(Routes, TakeTheirParameterFromThePath) {
  for (const auto& route : auth::routes()) {
    const bool has_parameter = route.path.ends_with("{id}");
    EXPECT_EQ(auth::find_path_parameter(route, "/sessions/57"), has_parameter ? "57" : "") << route.path;
  }
}

}  // namespace
