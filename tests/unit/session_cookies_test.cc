// auth/session_cookies: the attributes of the cookies, for which texts of the settings are read.
#include "auth/session_cookies.h"

#include <gtest/gtest.h>

#include <string>

namespace {

// A copy of the domain in place of a view of it would be freed before it is read, and the first bytes of what
// is freed are overwritten: so the domain is too long to stand in a string itself.
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

}  // namespace
