#include "auth/location.h"

#include <algorithm>
#include <string>

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

/// A location that inherits a question without a group may lie within one that demands a group by `set`,
/// which nginx does not inherit.
std::string_view find_misplacement(const http::Request& request) {
  if (request.question.empty()) return {};
  const auto asked = find_group_in_question(request);
  const auto required = request.required_group;
  if (only_inherits(request) && asked.empty())
    return "a location inherits the guard of another, or has a rewrite before it or a limit_except: it needs "
           "an "
           "include of sessiond/guard.conf itself, before all other rules, and no limit_except";
  if (is_open_to_all(request) && !required.empty())
    return "a location that is open to all, by sessiond/guard-optional.conf, asks for a group by "
           "$required_group";
  if (!is_group_list(required))
    return "a location has a $required_group that is no list of groups, with spaces between their names";
  const auto words = find_words(request);
  if (!std::all_of(words.begin(), words.end(), is_word))
    return "a location has a value other than pass in $sessiond_basic, $sessiond_bearer or "
           "$sessiond_cors";
  if (!asked.empty() && !required.empty() && asked != required)
    return "a location asks for one group by its include, and for another by $required_group";
  return {};
}

}  // namespace auth
