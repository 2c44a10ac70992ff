#include "auth/location.h"

#include <algorithm>
#include <array>
#include <string>

#include "auth/policy.h"
#include "base/text.h"

namespace auth {
namespace {

/// The group in the URI that nginx asks; empty for none.
std::string_view find_group_in_question(const http::Request& request) {
  constexpr std::string_view kPrefix = "sessiond/verify/";
  return request.question.starts_with(kPrefix) ? request.question.substr(kPrefix.size()) : "";
}

/// True unless there is something that cannot be a list of groups.
bool is_group_list(std::string_view text) {
  const auto groups = base::split(text, ' ');
  return groups.empty() == text.empty() && std::all_of(groups.begin(), groups.end(), base::is_group);
}

/// What the location says beside its own include, such as `basic=pass` and `bearer=`: empty where the mark is
/// that of another location, from which a rewrite has led here.
std::vector<std::string_view> find_words(const http::Request& request) {
  if (request.question.empty() || !request.guard_mark.starts_with(request.question)) return {};
  const auto words = request.guard_mark.substr(request.question.size());
  return words.starts_with(' ') ? base::split(words, ' ') : std::vector<std::string_view>{};
}

/// True for `NAME=` and `NAME=pass`.
bool is_word(std::string_view word) {
  return word.ends_with('=') || word.substr(std::min(word.find('='), word.size())) == "=pass";
}

/// True when the location asks without an include of its own. The mark of another location, from which a
/// rewrite has led here, does not count as one, unless that asks the same question.
bool only_inherits(const http::Request& request) {
  return find_words(request).empty();
}

/// A location that inherits a question without a group may lie within one that demands a group by `set`,
/// which nginx does not inherit.
bool lacks_include(const http::Request& request) {
  return only_inherits(request) && find_group_in_question(request).empty();
}

/// What lighttpd sets for a part of a site takes the place of all that it sets for the site around it.
bool lacks_statement(const http::Request& request) {
  return request.role == http::Role::authorizer && lacks_include(request);
}

bool opens_for_a_group(const http::Request& request) {
  return is_open_to_all(request) && !request.required_group.empty();
}

bool requires_no_group_list(const http::Request& request) {
  return !is_group_list(request.required_group);
}

bool has_other_words(const http::Request& request) {
  const auto words = find_words(request);
  return !std::all_of(words.begin(), words.end(), is_word);
}

bool asks_for_two_groups(const http::Request& request) {
  const auto asked = find_group_in_question(request);
  return !asked.empty() && !request.required_group.empty() && asked != request.required_group;
}

/// What can be wrong with a location. The first row that fits counts.
struct Fault {
  bool (*fits)(const http::Request&);
  std::string_view text;
};

constexpr std::array kFaults{
    Fault{lacks_statement,
          "the server asks as an Authorizer and does not say for whom the page is: set REQUIRED_GROUP to "
          "groups with spaces between them, or to * for whoever is signed in"},
    Fault{lacks_include,
          "a location inherits the guard of another, or has a rewrite before it or a limit_except: it needs "
          "an include of sessiond/guard.conf itself, before all other rules, and no limit_except"},
    Fault{opens_for_a_group,
          "a location that is open to all, by sessiond/guard-optional.conf, asks for a group by "
          "$required_group"},
    Fault{requires_no_group_list,
          "a location has a $required_group (for an Authorizer, REQUIRED_GROUP; for a gateway, what follows "
          "/verify/) that is no list of groups, with spaces between their names"},
    Fault{has_other_words,
          "a location has a value other than pass in $sessiond_basic, $sessiond_bearer or $sessiond_cors"},
    Fault{asks_for_two_groups,
          "a location asks for one group by its include, and for another by $required_group"},
};

}  // namespace

bool is_open_to_all(const http::Request& request) {
  return request.question == "sessiond/verify-optional";
}

bool lets_pass(const http::Request& request, std::string_view what) {
  const auto words = find_words(request);
  return std::find(words.begin(), words.end(), std::string(what) + "=pass") != words.end();
}

bool is_passing_preflight(const http::Request& request) {
  return request.original_method == "OPTIONS" && !request.preflight.empty() &&
         request.authorization.empty() && lets_pass(request, "cors");
}

std::vector<std::string_view> find_asked_groups(const http::Request& request) {
  if (const auto asked = find_group_in_question(request); !asked.empty()) return {asked};
  return base::split(request.required_group, ' ');
}

std::string_view find_stale_parts(const http::Request& request, std::string_view cookie_prefix) {
  const auto cookie = request.access_cookie;
  if (request.question.empty() || cookie.empty()) return {};
  if (cookie.starts_with(cookie_prefix) && cookie.substr(cookie_prefix.size()) == kAccessCookie) return {};
  return "nginx's parts were rendered for another COOKIE_PREFIX than the service has, and would leave the "
         "session's cookies to the application: run scripts/render-nginx with the settings of the service, "
         "and reload nginx";
}

std::string_view find_misplacement(const http::Request& request) {
  const auto fits = [&request](const Fault& fault) { return fault.fits(request); };
  const auto fault = std::ranges::find_if(kFaults, fits);
  return request.question.empty() || fault == kFaults.end() ? std::string_view() : fault->text;
}

}  // namespace auth
