// auth/session_cookies: the attributes of the cookies, for which texts of the
// settings are read.
#include "auth/session_cookies.h"

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "auth/routes.h"

namespace {

using auth::Credentials;

// `refresh DOMAIN PATH` of a cookie that is deleted, with - for a cookie of the
// host alone; else the cookie.
std::string scope_of(std::string_view cookie) {
  const std::regex form(
      "([a-z]+)_token=; Max-Age=0(?:; Domain=([^;]+))?; "
      "Path=([^;]+); HttpOnly; SameSite=Lax");
  std::smatch parts;
  const std::string text(cookie);
  if (!std::regex_match(text, parts, form)) return text;
  return parts[1].str() + " " + (parts[2].matched ? parts[2].str() : "-") + " " + parts[3].str();
}

// A copy of the domain in place of a view of it would be freed before it is
// read, and the first bytes of what is freed are overwritten: so the domain is
// too long to stand in a string itself.
TEST(SessionCookies, NameTheWholeDomainWhateverItsLength) {
  base::Settings settings{};
  settings.cookie_domain = "a-domain-that-is-longer-than-a-string-holds-in-itself.example.org";
  const http::Request request{};
  const auth::Call call(request);
  const auto domain = "; Domain=" + settings.cookie_domain + "; Path=/";
  auth::Cookies cookies;
  auth::add_cleared_cookies(settings, call, cookies);
  ASSERT_EQ(cookies.size(), 2u);
  EXPECT_EQ(cookies[0].view(), "access_token=; Max-Age=0" + domain + "; HttpOnly; SameSite=Lax");
  EXPECT_EQ(cookies[1].view(), "refresh_token=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax");
}

// What a host of the domain can set under our names is deleted, by whatever
// domain and path; our own is not.
TEST(SessionCookies, DeleteStraysAndKeepTheOwn) {
  struct Row {
    std::string_view origin, cookie_domain, method, path;
    bool Credentials::*several;
    std::vector<std::string> expected;
  };
  const auto access = &Credentials::several_access;
  const auto refresh = &Credentials::several_refresh;
  const std::vector<Row> rows{
      {"https://auth.example.org",
       "",
       "POST",
       "/refresh",
       refresh,
       {"refresh auth.example.org /", "refresh auth.example.org /refresh", "refresh example.org /",
        "refresh example.org /refresh"}},
      {"https://auth.example.org:8443",
       "example.org",
       "POST",
       "/refresh",
       refresh,
       {"refresh auth.example.org /", "refresh auth.example.org /refresh", "refresh example.org /",
        "refresh example.org /refresh"}},
      {"https://auth.example.org",
       "example.org",
       "GET",
       "/me",
       access,
       {"access - /", "access auth.example.org /", "access auth.example.org /me", "access example.org /me"}},
      {"https://example.org",
       "",
       "DELETE",
       "/sessions/7",
       access,
       {"access example.org /", "access example.org /sessions", "access example.org /sessions/"}},
      {"http://localhost:8080", "", "POST", "/refresh", refresh, {}},
      {"http://127.0.0.1:8080", "", "POST", "/refresh", refresh, {}},
      {"http://[::1]:8080", "", "POST", "/refresh", refresh, {}},
      {"", "", "POST", "/refresh", refresh, {}},
      // Of a long name the last six: the shorter a domain, the more hosts can set cookies for it.
      {"https://a.b.c.d.e.f.example.org",
       "",
       "GET",
       "/",
       access,
       {"access b.c.d.e.f.example.org /", "access c.d.e.f.example.org /", "access d.e.f.example.org /",
        "access e.f.example.org /", "access f.example.org /", "access example.org /"}},
  };
  for (const auto& row : rows) {
    base::Settings settings{};
    settings.cookie_domain = row.cookie_domain;
    http::Request request{};
    request.service_origin = row.origin;
    auth::Call call(request);
    if (auto route = auth::find_route(row.method, row.path)) call.route = *route;
    auth::Cookies cookies;
    auth::add_cleared_strays(settings, call, cookies);
    EXPECT_TRUE(cookies.empty()) << row.origin;
    call.credentials.*row.several = true;
    auth::add_cleared_strays(settings, call, cookies);
    std::vector<std::string> got;
    for (const auto& cookie : cookies) got.push_back(scope_of(cookie.view()));
    EXPECT_EQ(got, row.expected) << row.origin << " " << row.cookie_domain << " " << row.path;
  }
}

}  // namespace
