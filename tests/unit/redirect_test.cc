// auth/redirect: where a browser may be sent, from tables.
#include "auth/redirect.h"

#include <gtest/gtest.h>

#include <map>

#include "base/setting_source.h"

namespace {

constexpr std::string_view kOwn = "https://own.example.net:8443";

base::Settings make_settings() {
  const std::map<std::string, std::string> values{
      {"PUBLIC_URL", "https://auth.example.org"},
      {"REDIRECT_HOSTS",
       "app.example.org, wiki.example.com:8443, .below.example, tls.example.com:443, plain.example.com:80, "
       ".ports.example:443, my_app.example.org, .in_side.example"}};
  const auto environment = [&](const char* name) {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  };
  const auto loaded = base::load_settings(base::SettingSource(environment, "", ""), 1);
  EXPECT_TRUE(loaded.errors.empty());
  return loaded.settings;
}

TEST(Redirect, SafeAddressesStay) {
  const auto settings = make_settings();
  const std::string rows[] = {"/",
                              "/demo/?a=b&c=%2F%2Fevil.example#d",
                              "/a//b",
                              "/@evil.example",
                              "/caf\xC3\xA9",
                              "https://auth.example.org",
                              "https://auth.example.org/x?y=z",
                              "HTTPS://Auth.Example.Org/x",
                              "https://own.example.net:8443/x",
                              "http://app.example.org",
                              "https://app.example.org:3000/x",
                              "https://APP.example.org?x=//y",
                              "https://app.example.org#@evil.example",
                              "https://wiki.example.com:8443/x",
                              "https://a.below.example/",
                              "/page?q=a\\d",
                              "/page#a\\d",
                              R"(https://app.example.org/x?q=\\evil.example\)",
                              "https://app.example.org?\\",
                              "http://a.b.below.example:81/",
                              "https://tls.example.com/x",
                              "https://tls.example.com:443/x",
                              "http://plain.example.com",
                              "http://plain.example.com:80?x",
                              "https://a.ports.example/",
                              "https://my_app.example.org/",
                              "https://My_App.example.org:3000/x?y#z",
                              "https://_x_.below.example/",
                              "https://a.in_side.example/"};
  for (const auto& row : rows) EXPECT_EQ(auth::choose_redirect(settings, kOwn, row), row);
}

TEST(Redirect, ARefusalIsDescribedWithoutPathAndQuery) {
  const std::string unlisted = " is neither the host of PUBLIC_URL nor listed in REDIRECT_HOSTS";
  EXPECT_EQ(auth::describe_refused_redirect("https://app.test:81/secret?secret"), "app.test:81" + unlisted);
  for (const auto address :
       {"//evil.test", "javascript:secret", "https://secret@evil.test/", "", "/x\\secret"})
    EXPECT_EQ(auth::describe_refused_redirect(address),
              "neither a path of this host nor a plain http or https URL");
}

TEST(Redirect, EverythingElseIsHome) {
  const auto settings = make_settings();
  const std::string rows[] = {"",
                              "x",
                              "//evil.example",
                              "///evil.example",
                              "/\\evil.example",
                              "\\\\evil.example",
                              "/x\\y",
                              "/x\\y?z",
                              "\\?x",
                              "https://app.example.org\\?x",
                              "https://app.example.org\\.evil.example/?x",
                              "https://evil.example\\@app.example.org/",
                              "https://evil.example?\\.app.example.org",
                              "/\t/evil.example",
                              "/\n/evil.example",
                              " /x",
                              " //evil.example",
                              std::string("/x\0y", 4),
                              "/x\x7F",
                              "/x\xC2\x85",
                              "/x\xFF",
                              "javascript:alert(1)",
                              "data:text/html,x",
                              "ftp://app.example.org/",
                              "https:app.example.org",
                              "https:/app.example.org",
                              "https://",
                              "https:///x",
                              "https://evil.example/",
                              "https://evil.example/app.example.org",
                              "https://app.example.org.evil.example/",
                              "https://evilapp.example.org/",
                              "https://user@app.example.org/",
                              "https://app.example.org:x@evil.example/",
                              "https://app.example.org:80:80/",
                              "https://app.example.org:/",
                              "https://app.example.org:99999/",
                              "https://app.example.org%2Eevil.example/",
                              "https://app.example.org\\@evil.example/",
                              "https://app.example.org\xE3\x80\x82/",
                              "https://wiki.example.com/",
                              "https://wiki.example.com:8444/",
                              "https://below.example/",
                              "https://.below.example/",
                              "https://evilbelow.example/",
                              "http://tls.example.com/",
                              "https://tls.example.com:8443/",
                              "https://plain.example.com/",
                              "http://plain.example.com:443/",
                              "http://a.ports.example/",
                              "https://a.ports.example:8443/",
                              "https://own.example.net/",
                              "http://own.example.net:8443/",
                              "http://auth.example.org/",
                              "https://my_app.example.org@evil.example/",
                              "https://my_app.example.org_evil.example/",
                              "https://my_app.example.org\\_/",
                              "https://my%5Fapp.example.org/",
                              "https://my-app.example.org/",
                              "https://evil_app.example.org/",
                              "https://app.example.org_/",
                              "https://in_side.example/",
                              "https://[::1]/"};
  for (const auto& row : rows) EXPECT_EQ(auth::choose_redirect(settings, kOwn, row), "/") << row;
}

TEST(Redirect, TheDefaultOfPublicUrlIsNoOriginOfTheService) {
  const auto nothing = [](const char*) -> const char* { return nullptr; };
  const auto settings = base::load_settings(base::SettingSource(nothing, "", ""), 1).settings;
  EXPECT_EQ(auth::choose_redirect(settings, kOwn, "http://localhost:8080/x"), "/");
  EXPECT_EQ(auth::choose_redirect(settings, "http://localhost:8080", "http://localhost:8080/x"),
            "http://localhost:8080/x");
}

TEST(Redirect, LoginUrlLeadsBack) {
  const auto settings = make_settings();
  struct Row {
    std::string original, expected;
  };
  const std::string login = "https://auth.example.org/login";
  const Row rows[] = {
      {"https://app.example.org:8443/a b?c=d&e=%20#f",
       login + "?rd=https%3A%2F%2Fapp.example.org%3A8443%2Fa%20b%3Fc%3Dd%26e%3D%2520%23f"},
      {"", login},
      {"://", login},
      {"http:///x", login},
      {"/x", login},
      {"javascript:x", login},
      {"http://x/\r\nSet-Cookie: y", login + "?rd=http%3A%2F%2Fx%2F%0D%0ASet-Cookie%3A%20y"},
      {"http://x/" + std::string(2600, 'a'), login + "?rd=http%3A%2F%2Fx%2F" + std::string(2600, 'a')},
      {"http://x/y?" + std::string(2800, 'a'), login + "?rd=http%3A%2F%2Fx%2Fy"},
      {"http://x/y#" + std::string(2800, 'a'), login + "?rd=http%3A%2F%2Fx%2Fy"},
      {"http://x/y?" + std::string(1000, ' '), login + "?rd=http%3A%2F%2Fx%2Fy"},
      {"http://x/" + std::string(2800, 'a') + "?b", login}};
  for (const auto& row : rows) EXPECT_EQ(auth::make_login_url(settings, row.original), row.expected);
}

}  // namespace
