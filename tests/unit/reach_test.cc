// base/reach: which hosts the cookies of the service reach, and which settings name others.
#include "base/reach.h"

#include <gtest/gtest.h>

namespace {

TEST(Reach, ADomainCoversItselfAndTheHostsBelowIt) {
  for (const auto host :
       {"example.org", "auth.example.org", "a.b.example.org", ".example.org", ".a.example.org"})
    EXPECT_TRUE(base::covers("example.org", host)) << host;
  for (const auto host :
       {"org", ".org", "badexample.org", ".badexample.org", "example.org.test", "example.net", ""})
    EXPECT_FALSE(base::covers("example.org", host)) << host;
}

/// A service at https://auth.example.org with cookies for example.org.
base::Settings make_settings() {
  base::Settings settings{};
  settings.public_url = "https://auth.example.org";
  settings.cookie_domain = "example.org";
  settings.listen = {"192.0.2.7"};
  return settings;
}

TEST(Reach, ServedHostsAreThoseOfTheCookieDomain) {
  auto settings = make_settings();
  settings.served_hosts = {"example.org", ".example.org", "login.example.org"};
  EXPECT_TRUE(base::find_unreached(settings).empty());
  settings.served_hosts = {"login.example.org", "example.net", ".badexample.org"};
  const auto found = base::find_unreached(settings);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(found[0].starts_with("SERVED_HOSTS has example.net, ")) << found[0];
  EXPECT_NE(found[0].find("COOKIE_DOMAIN=example.org"), std::string::npos) << found[0];
  EXPECT_TRUE(found[1].starts_with("SERVED_HOSTS has .badexample.org, ")) << found[1];
}

TEST(Reach, WithoutACookieDomainEachServedHostKeepsItsOwnCookies) {
  auto settings = make_settings();
  settings.cookie_domain.clear();
  settings.served_hosts = {"example.net"};
  EXPECT_TRUE(base::find_unreached(settings).empty());
}

TEST(Reach, WithoutACookieDomainALoginCountsAtTheHostsOfTheServiceAlone) {
  auto settings = make_settings();
  settings.redirect_hosts = {"app.example.org"};
  EXPECT_TRUE(base::find_unreached(settings).empty());
  settings.cookie_domain.clear();
  settings.served_hosts = {".example.net"};
  settings.redirect_hosts = {"auth.example.org:8443", "a.example.net", "app.example.org", ".example.org"};
  const auto found = base::find_unreached(settings);
  ASSERT_EQ(found.size(), 2U);
  EXPECT_TRUE(found[0].starts_with("REDIRECT_HOSTS has app.example.org, ")) << found[0];
  EXPECT_NE(found[0].find("set COOKIE_DOMAIN"), std::string::npos) << found[0];
  EXPECT_TRUE(found[1].starts_with("REDIRECT_HOSTS has .example.org, ")) << found[1];
}

TEST(Reach, PagesMayBeOfTheSiteOfAnyHostOfTheService) {
  auto settings = make_settings();
  settings.cookie_domain.clear();
  settings.served_hosts = {".example.net"};
  settings.cors_origins = {"https://app.example.org:8443", "http://example.net",    "http://localhost:3000",
                           "http://app.localhost",         "http://127.0.0.1:3000", "http://192.0.2.7"};
  EXPECT_TRUE(base::find_unreached(settings).empty()) << base::find_unreached(settings)[0];
}

TEST(Reach, PagesOfAnotherSiteAreTold) {
  auto settings = make_settings();
  for (const auto* origin :
       {"https://example.com", "https://app.badexample.org", "http://192.0.2.8", "https://org"}) {
    settings.cors_origins = {origin};
    const auto found = base::find_unreached(settings);
    ASSERT_EQ(found.size(), 1U) << origin;
    EXPECT_TRUE(found[0].starts_with("CORS_ORIGINS has " + std::string(origin) + ", ")) << found[0];
    EXPECT_NE(found[0].find("PUBLIC_URL=https://auth.example.org"), std::string::npos) << found[0];
  }
}

}  // namespace
