// auth/location: what a guarded location says of itself, from tables.
#include "auth/location.h"

#include <gtest/gtest.h>

#include <string>

namespace {

using Groups = std::vector<std::string_view>;

http::Request make_question(std::string_view question, std::string_view required_group) {
  http::Request request;
  request.question = question;
  request.required_group = required_group;
  for (const std::string_view mark :
       {"sessiond/verify basic=", "sessiond/verify/staff basic=", "sessiond/verify-optional basic="})
    if (mark.substr(0, mark.find(' ')) == question) request.guard_mark = mark;
  return request;
}

TEST(Location, Groups) {
  struct Row {
    std::string_view question, required;
    Groups groups;
    std::string_view fault;
  };
  const Row rows[] = {
      {"sessiond/verify", "", {}, ""},
      {"sessiond/verify", "staff", {"staff"}, ""},
      {"sessiond/verify", "staff wheel", {"staff", "wheel"}, ""},
      {"sessiond/verify", "  staff   wheel ", {"staff", "wheel"}, ""},
      {"sessiond/verify", " ", {}, "no list"},
      {"sessiond/verify", "staff,wheel", {"staff,wheel"}, "no list"},
      {"sessiond/verify", "staff wh\xC3\xA9", {"staff", "wh\xC3\xA9"}, "no list"},
      {"sessiond/verify", std::string_view("a\0b", 3), {std::string_view("a\0b", 3)}, "no list"},
      {"sessiond/verify/staff", "", {"staff"}, ""},
      {"sessiond/verify/staff", "staff", {"staff"}, ""},
      {"sessiond/verify/staff", "wheel", {"staff"}, "for another"},
      {"sessiond/verify/staff", "staff wheel", {"staff"}, "for another"},
      {"sessiond/verify/staff", " ", {"staff"}, "no list"},
      {"sessiond/verify-optional", "staff", {"staff"}, "open to all"},
      {"sessiond/verify-optional", " ", {}, "open to all"},
      {"", "", {}, ""}};
  for (const auto& row : rows) {
    const auto request = make_question(row.question, row.required);
    const auto what = std::string(row.question) + " | " + std::string(row.required);
    EXPECT_EQ(auth::find_asked_groups(request), row.groups) << what;
    const auto fault = auth::find_misplacement(request);
    EXPECT_EQ(fault.empty(), row.fault.empty()) << what << ": " << fault;
    EXPECT_NE(fault.find(row.fault), std::string_view::npos) << what << ": " << fault;
  }
}

TEST(Location, LetsPass) {
  struct Row {
    std::string_view question, mark;
    bool basic, bearer;
    std::string_view fault;
  };
  const Row rows[] = {
      {"sessiond/verify", "sessiond/verify basic= bearer=", false, false, ""},
      {"sessiond/verify", "sessiond/verify basic=pass bearer=", true, false, ""},
      {"sessiond/verify", "sessiond/verify basic= bearer=pass", false, true, ""},
      {"sessiond/verify/staff", "sessiond/verify/staff basic=pass bearer=pass", true, true, ""},
      {"sessiond/verify", "1", false, false, "inherits"},
      {"sessiond/verify", "sessiond/verify", false, false, "inherits"},
      {"sessiond/verify", "sessiond/verify/staff basic=pass bearer=pass", false, false, "inherits"},
      {"sessiond/verify/staff", "sessiond/verify basic=pass bearer=pass", false, false, ""},
      {"sessiond/verify", "sessiond/verify basic=on bearer=", false, false, "other than pass"},
      {"sessiond/verify", "sessiond/verify basic= bearer=passing", false, false, "other than pass"},
      {"sessiond/verify", "sessiond/verify basic= bearer=x bearer=pass", false, true, "other than pass"},
      {"", "sessiond/verify basic=pass bearer=pass", false, false, ""},
      {"", " basic=pass bearer=pass", false, false, ""}};
  for (const auto& row : rows) {
    auto request = make_question(row.question, "");
    request.guard_mark = row.mark;
    EXPECT_EQ(auth::lets_pass(request, "basic"), row.basic) << row.question << ": " << row.mark;
    EXPECT_EQ(auth::lets_pass(request, "bearer"), row.bearer) << row.question << ": " << row.mark;
    const auto fault = auth::find_misplacement(request);
    EXPECT_EQ(fault.empty(), row.fault.empty()) << row.mark << ": " << fault;
    EXPECT_NE(fault.find(row.fault), std::string_view::npos) << row.mark << ": " << fault;
  }
}

TEST(Location, Preflights) {
  struct Row {
    std::string_view mark, preflight, authorization;
    bool passes;
    std::string_view method = "OPTIONS";
  };
  const Row rows[] = {{"sessiond/verify cors=pass", "preflight", "", true},
                      {"sessiond/verify cors=pass", "preflight", "", false, "GET"},
                      {"sessiond/verify cors=pass", "", "", false},
                      {"sessiond/verify cors=pass", "preflight", "Basic YTpi", false},
                      {"sessiond/verify cors=pass", "preflight", "Bearer x", false},
                      {"sessiond/verify cors=", "preflight", "", false},
                      {"sessiond/verify/staff cors=pass", "preflight", "", false},
                      {"", "preflight", "", false}};
  for (const auto& row : rows) {
    auto request = make_question("sessiond/verify", "staff");
    request.guard_mark = row.mark;
    request.preflight = row.preflight;
    request.authorization = row.authorization;
    request.original_method = row.method;
    EXPECT_EQ(auth::is_passing_preflight(request), row.passes) << row.mark << ", " << row.authorization;
  }
}

TEST(Location, OfAServerThatAsksAsAnAuthorizer) {
  auto request = make_question("sessiond/verify", "");
  request.role = http::Role::authorizer;
  EXPECT_EQ(auth::find_misplacement(request), "");
  request.guard_mark = "";
  EXPECT_NE(auth::find_misplacement(request).find("REQUIRED_GROUP to"), std::string_view::npos);
}

TEST(Location, OfPartsForOtherCookies) {
  struct Row {
    std::string_view rendered, prefix;
    bool fits;
  };
  const Row rows[] = {{"access_token", "", true},
                      {"sso_access_token", "sso_", true},
                      {"access_token", "sso_", false},
                      {"sso_access_token", "", false},
                      {"abc_access_token", "sso_", false},
                      {"sso_access_tokens", "sso_", false},
                      {"sso_", "sso_", false},
                      {"", "", true},
                      {"", "sso_", true}};
  for (const auto& row : rows) {
    auto request = make_question("sessiond/verify", "");
    request.access_cookie = row.rendered;
    EXPECT_EQ(auth::find_stale_parts(request, row.prefix).empty(), row.fits) << row.rendered << row.prefix;
    request.question = "";
    EXPECT_EQ(auth::find_stale_parts(request, row.prefix), "");
  }
}

TEST(Location, WithoutAnIncludeOfItsOwn) {
  http::Request request = make_question("sessiond/verify", "");
  request.guard_mark = "";
  EXPECT_NE(auth::find_misplacement(request), "");
  request.question = "sessiond/verify/staff";
  EXPECT_EQ(auth::find_misplacement(request), "");
  EXPECT_FALSE(auth::is_open_to_all(request));
  request.question = "sessiond/verify-optional";
  EXPECT_TRUE(auth::is_open_to_all(request));
  for (const auto* mark :
       {"", "1", "sessiond/verify basic=", "sessiond/verify-optional", "sessiond/verify-optionalx basic="}) {
    request.guard_mark = mark;
    EXPECT_NE(auth::find_misplacement(request), "") << mark;
  }
  request.guard_mark = "sessiond/verify-optional basic=";
  EXPECT_EQ(auth::find_misplacement(request), "");
}

}  // namespace
