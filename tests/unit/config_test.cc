// base/config: every setting's bounds, the settings file, and the rules between settings.
#include "base/config.h"

#include <gtest/gtest.h>

#include <map>

#include "base/setting_source.h"
#include "base/utf8.h"

namespace {

using Environment = std::map<std::string, std::string>;

base::LoadedSettings load(const Environment& environment, std::string_view file = "", unsigned cores = 4) {
  const auto lookup = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? nullptr : found->second.c_str();
  };
  return base::load_settings(base::SettingSource(lookup, file, "test.env"), cores);
}

TEST(Config, AWorkerForEachTwoCoresChecks) {
  EXPECT_EQ(load({}, "", 1).settings.check_workers, 1);
  EXPECT_EQ(load({}, "", 2).settings.check_workers, 1);
  EXPECT_EQ(load({}, "", 3).settings.check_workers, 2);
  EXPECT_EQ(load({{"CHECK_WORKERS", "3"}}, "", 1).settings.check_workers, 3);
}

TEST(Config, DefaultsAreValidAndFitTheMachine) {
  const auto loaded = load({});
  ASSERT_TRUE(loaded.errors.empty()) << loaded.errors[0];
  EXPECT_EQ(loaded.settings.port, 8080);
  EXPECT_EQ(loaded.settings.socket_dir, ".run/sockets");
  EXPECT_EQ(loaded.settings.check_workers, 2);
  EXPECT_EQ(loaded.settings.write_workers, 8);
  EXPECT_EQ(loaded.settings.password_workers, 4);
  EXPECT_EQ(loaded.settings.cors_origins, std::vector<std::string>{"http://localhost:3000"});
  EXPECT_EQ(loaded.settings.public_url, "http://localhost:8080");
  EXPECT_EQ(load({{"PORT", "9000"}}).settings.public_url, "http://localhost:9000");
}

TEST(Config, RefusesWhatIsNotAllowedAndNamesIt) {
  const std::pair<const char*, const char*> rows[] = {
      {"PORT", "0"},
      {"PORT", "65536"},
      {"PORT", "80x"},
      {"ACCESS_TTL", "-1"},
      {"ACCESS_TTL", "0"},
      {"COOKIE_SECURE", "yes"},
      {"LOG_LEVEL", "loud"},
      {"ARGON2_ALLOW_WEAK", "1"},
      {"COOKIE_PREFIX", "a b"},
      {"COOKIE_DOMAIN", "A"},
      {"LISTEN", ","},
      {"CORS_ORIGINS", " , "},
      {"CORS_ORIGINS", "*"},
      {"CORS_ORIGINS", "null"},
      {"CORS_ORIGINS", "http://a/"},
      {"CORS_ORIGINS", "http://a:0"},
      {"CORS_ORIGINS", "ftp://a"},
      {"CORS_ORIGINS", "http://A"},
      {"CORS_ORIGINS", "http://"},
      {"PUBLIC_URL", "auth.example.org"},
      {"PUBLIC_URL", "https://auth.example.org/"},
      {"PUBLIC_URL", "https://Auth.example.org"},
      {"REDIRECT_HOSTS", "https://app.example.org"},
      {"REDIRECT_HOSTS", "app.example.org/x"},
      {"REDIRECT_HOSTS", "app.example.org:0"},
      {"REDIRECT_HOSTS", "app.example.org:"},
      {"REDIRECT_HOSTS", "*.example.org"},
      {"TRUSTED_PROXIES", "proxy.example.org"},
      {"TRUSTED_PROXIES", "192.0.2.1:80"},
      {"TRUSTED_PROXIES", "192.0.2.1,[2001:db8::1]"},
      {"TRUSTED_PROXIES", "unix:/run/x.sock"},
      {"TRUSTED_PROXIES", "192.0.2.0/33"},
      {"TRUSTED_PROXIES", "2001:db8::/129"},
      {"GUARD_GROUPS", "a/b"},
      {"GUARD_GROUPS", "staff,a b"},
      {"DB_NAME", "a\nb"},
  };
  for (const auto& [name, value] : rows) {
    const auto loaded = load({{name, value}});
    ASSERT_EQ(loaded.errors.size(), 1u) << name << '=' << value;
    EXPECT_NE(loaded.errors[0].find(name), std::string::npos) << loaded.errors[0];
    EXPECT_NE(loaded.errors[0].find(base::make_excerpt(value)), std::string::npos) << loaded.errors[0];
    EXPECT_NE(loaded.errors[0].find("must be"), std::string::npos) << loaded.errors[0];
  }
}

TEST(Config, AnIpv6AddressAsAHostIsToldToNeedAName) {
  const std::pair<const char*, const char*> rows[] = {
      {"PUBLIC_URL", "https://[2001:db8::1]"}, {"PUBLIC_URL", "http://[::1]:8080"},
      {"REDIRECT_HOSTS", "[2001:db8::1]"},     {"REDIRECT_HOSTS", "2001:db8::1"},
      {"SERVED_HOSTS", "[2001:db8::1]"},       {"CORS_ORIGINS", "https://[2001:db8::1]:3000"},
  };
  for (const auto& [name, value] : rows) {
    const auto loaded = load({{name, value}});
    ASSERT_EQ(loaded.errors.size(), 1u) << name << '=' << value;
    EXPECT_NE(loaded.errors[0].find("an IPv6 address needs a name"), std::string::npos) << loaded.errors[0];
  }
}

TEST(Config, HoldsSettingsToEachOther) {
  const Environment rows[] = {
      {{"ARGON2_MEMORY_KIB", "19455"}},
      {{"ARGON2_TIME", "1"}},
      {{"ARGON2_ALLOW_WEAK", "on"}, {"ARGON2_MEMORY_KIB", "8"}, {"ARGON2_PARALLELISM", "2"}},
      {{"REFRESH_TTL", "899"}},
      {{"SESSION_TTL", "604799"}},
      {{"COOKIE_PREFIX", "__Host-"}},
      {{"COOKIE_PREFIX", "__Secure-"}, {"COOKIE_SECURE", "auto"}},
      {{"COOKIE_PREFIX", "__Host-"},
       {"COOKIE_SECURE", "on"},
       {"COOKIE_DOMAIN", "example.org"},
       {"PUBLIC_URL", "https://auth.example.org"}},
      {{"COOKIE_PREFIX", "__hOST-x"},
       {"COOKIE_SECURE", "on"},
       {"COOKIE_DOMAIN", "example.org"},
       {"PUBLIC_URL", "https://auth.example.org"}},
      {{"COOKIE_DOMAIN", "org."}, {"PUBLIC_URL", "https://example.org."}},
      {{"REDIRECT_HOSTS", "."}},
      {{"REDIRECT_HOSTS", "..:80"}},
      {{"REDIRECT_HOSTS", ".com"}},
      {{"REDIRECT_HOSTS", "app.example.org,..com.:8443"}},
      {{"REDIRECT_HOSTS", ".0.0.1"}},
      {{"TRUSTED_PROXIES", "192.0.2.1,10.1.0.0/8"}},
      {{"TRUSTED_PROXIES", "unix:,::/0"}},
      {{"STATUS_FROM", "192.0.2.1,0.0.0.0/0"}},
      {{"STATUS_FROM", "192.0.2.7/24"}},
      {{"SERVED_HOSTS", "."}},
      {{"SERVED_HOSTS", "app.example.org,.org"}},
      {{"COOKIE_DOMAIN", "example.org"}},
      {{"COOKIE_DOMAIN", "example.org"}, {"PUBLIC_URL", "https://auth.example.net"}},
      {{"COOKIE_DOMAIN", "example.org"}, {"PUBLIC_URL", "https://badexample.org"}},
      {{"COOKIE_DOMAIN", "auth.example.org"}, {"PUBLIC_URL", "https://example.org"}},
      {{"COOKIE_DOMAIN", "localhost"}},
      {{"COOKIE_DOMAIN", "org"}, {"PUBLIC_URL", "https://example.org"}},
      {{"COOKIE_DOMAIN", "192.0.2.1"}, {"PUBLIC_URL", "https://192.0.2.1"}},
      {{"COOKIE_SECURE", "on"}, {"PUBLIC_URL", "http://auth.example.org"}},
      {{"COOKIE_SECURE", "on"}, {"PUBLIC_URL", "http://localhost.example.org"}},
      {{"COOKIE_DOMAIN", "example.org"},
       {"PUBLIC_URL", "https://auth.example.org"},
       {"REDIRECT_HOSTS", "app.example.org,app.example.net:8443"}},
      {{"COOKIE_DOMAIN", "a.example.org"},
       {"PUBLIC_URL", "https://a.example.org"},
       {"REDIRECT_HOSTS", ".example.org"}},
  };
  for (const auto& row : rows) EXPECT_EQ(load(row).errors.size(), 1u) << row.begin()->first;
  EXPECT_TRUE(
      load({{"ARGON2_ALLOW_WEAK", "on"}, {"ARGON2_MEMORY_KIB", "8"}, {"ARGON2_TIME", "1"}}).errors.empty());
  EXPECT_TRUE(load({{"ARGON2_MEMORY_KIB", "47104"}, {"ARGON2_TIME", "1"}}).errors.empty());
  EXPECT_TRUE(load({{"SESSION_TTL", "0"}}).errors.empty());
  EXPECT_TRUE(load({{"TRUSTED_PROXIES", "192.0.2.1, 10.0.0.0/8,2001:db8::/32,unix:"}}).errors.empty());
  for (const auto url :
       {"http://localhost:80", "http://app.localhost", "http://127.0.0.9", "https://a.test", ""})
    EXPECT_TRUE(load({{"COOKIE_SECURE", "on"}, {"PUBLIC_URL", url}}).errors.empty()) << url;
  for (const auto url : {"https://example.org", "https://example.org:8443", "http://a.b.example.org"})
    for (const auto domain : {"example.org", ".example.org"})
      EXPECT_TRUE(load({{"COOKIE_DOMAIN", domain},
                        {"PUBLIC_URL", url},
                        {"REDIRECT_HOSTS", "example.org,.example.org:1,x.example.org:8443,.y.example.org"}})
                      .errors.empty())
          << url;
}

TEST(Config, ReadsTheFileAndLetsTheEnvironmentWin) {
  const auto loaded =
      load({{"PORT", "9000"}}, "# comment\n\nPORT=1\r\n DB_NAME = 'my db' \nDB_PASSWORD=\"a=b\"\nDB_USER=\n");
  ASSERT_TRUE(loaded.errors.empty()) << loaded.errors[0];
  EXPECT_EQ(loaded.settings.port, 9000);
  EXPECT_EQ(loaded.settings.db_name, "my db");
  EXPECT_EQ(loaded.settings.db_password.view(), "a=b");
  EXPECT_EQ(loaded.settings.db_user, "sessiond");
}

TEST(Config, ReportsEveryBadLineWithItsPlace) {
  const auto loaded = load({}, "PROT=1\nPORT\nPORT=1\nPORT=2\nACCESS_TTL=x\n");
  ASSERT_EQ(loaded.errors.size(), 4u);
  EXPECT_EQ(loaded.errors[0].rfind("test.env:1: ", 0), 0u) << loaded.errors[0];
  EXPECT_EQ(loaded.errors[1].rfind("test.env:2: ", 0), 0u) << loaded.errors[1];
  EXPECT_EQ(loaded.errors[2].rfind("test.env:4: ", 0), 0u) << loaded.errors[2];
  EXPECT_EQ(loaded.errors[3].rfind("test.env:5: ", 0), 0u) << loaded.errors[3];
}

TEST(Config, ReadsWhatEditorsOfOtherSystemsWrite) {
  struct Row {
    std::string file, user;
  };
  const Row rows[] = {{"\xEF\xBB\xBF"
                       "DB_USER=a\r\nDB_PORT=1\r\n",
                       "a"},
                      {"\xEF\xBB\xBF# comment\r\nDB_USER=a", "a"},
                      {"\xEF\xBB\xBF", "sessiond"},
                      {"DB_USER='a'\r\n", "a"},
                      {"DB_USER=\"it's\"\n", "it's"},
                      {"DB_USER='\"a\"' \t\n", "\"a\""},
                      {"DB_USER=''\n", "sessiond"},
                      {"DB_USER=a'b\"c\n", "a'b\"c"},
                      {"DB_USER=a#b # c\n", "a#b # c"}};
  for (const auto& row : rows) {
    const auto loaded = load({}, row.file);
    EXPECT_TRUE(loaded.errors.empty()) << row.file << loaded.errors[0];
    EXPECT_EQ(loaded.settings.db_user, row.user) << row.file;
  }
}

TEST(Config, RefusesALineThatIsNoTextOrHasOpenQuotesWithoutTellingItsValue) {
  struct Row {
    std::string line;
    const char* words;
  };
  const Row rows[] = {{"DB_PASSWORD=\"hush\" # comment", "text after the \""},
                      {"DB_PASSWORD='hush' # comment", "text after the '"},
                      {"DB_PASSWORD='hush'more", "text after the '"},
                      {"DB_PASSWORD='hu'sh'", "text after the '"},
                      {R"(DB_PASSWORD="hush"")", "text after the \""},
                      {"DB_PASSWORD=\"hush", "not closed"},
                      {"DB_PASSWORD='hush\"", "not closed"},
                      {"DB_PASSWORD='", "not closed"},
                      {std::string("DB_PASSWORD=hu\0sh", 17), "NUL byte"},
                      {std::string("#\0 hush", 7), "NUL byte"},
                      {"DB_PASSWORD=hu\rsh", "carriage return"},
                      {"# comment\rDB_PASSWORD=hush\r", "carriage return"}};
  for (const auto& row : rows) {
    const auto loaded = load({}, "\n" + row.line + "\n");
    ASSERT_EQ(loaded.errors.size(), 1u) << row.line;
    EXPECT_TRUE(loaded.errors[0].starts_with("test.env:2: ")) << loaded.errors[0];
    EXPECT_NE(loaded.errors[0].find(row.words), std::string::npos) << loaded.errors[0];
    EXPECT_EQ(loaded.errors[0].find("hush"), std::string::npos) << loaded.errors[0];
    EXPECT_TRUE(loaded.settings.db_password.empty()) << row.line;
  }
}

TEST(Config, OriginsAreKeptAsBrowsersSendThem) {
  const auto settings =
      load({{"PUBLIC_URL", "https://a.test:443"}, {"CORS_ORIGINS", "https://b.a.test:443,http://c.test:80"}})
          .settings;
  EXPECT_EQ(settings.public_url, "https://a.test");
  EXPECT_EQ(settings.cors_origins, (std::vector<std::string>{"https://b.a.test", "http://c.test"}));
  EXPECT_EQ(load({{"PORT", "80"}}).settings.public_url, "http://localhost");
}

TEST(Config, ListsOriginsExactly) {
  const auto settings = load({{"CORS_ORIGINS", "https://a.example, http://b:3000"}}).settings;
  EXPECT_TRUE(base::is_listed_origin(settings, "https://a.example"));
  EXPECT_TRUE(base::is_listed_origin(settings, "http://b:3000"));
  for (const auto origin :
       {"", "null", "http://a.example", "https://a.example:443", "https://aXexample", "http://b"})
    EXPECT_FALSE(base::is_listed_origin(settings, origin)) << origin;
}

}  // namespace
