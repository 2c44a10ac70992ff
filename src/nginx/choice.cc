#include "nginx/choice.h"

#include <algorithm>
#include <iterator>

namespace nginx {
namespace {

/// The block and those around it, up to and without `end`, the innermost first.
std::vector<const Scope*> chain_of(const Scope& scope, const Scope* end) {
  std::vector<const Scope*> chain;
  for (const auto* at = &scope; at != end && !at->is_server(); at = at->outer) chain.push_back(at);
  return chain;
}

bool is_around(const Scope& outer, const Scope& scope) {
  for (const auto* at = &scope; at != nullptr; at = at->outer)
    if (at == &outer) return true;
  return false;
}

/// The innermost block that has both; null in different servers.
const Scope* common_block(const Scope& a, const Scope& b) {
  const auto* at = a.outer;
  while (at != nullptr && !is_around(*at, b)) at = at->outer;
  return at != nullptr && at->server != nullptr ? at : nullptr;
}

bool is_longer(const Scope& scope, const Scope& prefix) {
  return scope.path().starts_with(prefix.path()) && scope.path() != prefix.path();
}

/// Whether nginx looks at no regular expression after it has found the location.
bool is_final(const Scope& scope) {
  return scope.is_regex() || scope.modifier() == "=";
}

/// Whether `rival` gets all requests that fit both. The two are in one block.
bool comes_before(const Scope& rival, const Scope& scope, bool regexes_count) {
  if (&rival == &scope || rival.is_named()) return false;
  if (scope.is_regex()) return rival.is_regex() ? rival.block < scope.block : rival.modifier() == "=";
  if (rival.is_regex()) return regexes_count && scope.modifier().empty();
  return scope.modifier() != "=" && (is_longer(rival, scope) || rival.modifier() == "=");
}

/// What a path has to fit, and what it must not, so that nginx gives it to a location.
struct Conditions {
  Patterns all;
  std::vector<const Scope*> rivals;
};

Conditions conditions_of(const Scope& scope) {
  Conditions result;
  bool regexes_count = true;
  result.all.push_back(&scope.server->pattern);
  for (const auto* inner : scope.inner)
    if (!inner->is_named()) result.rivals.push_back(inner);
  for (const auto* at : chain_of(scope, nullptr)) {
    result.all.push_back(&at->pattern);
    for (const auto* rival : at->outer->inner)
      if (comes_before(*rival, *at, regexes_count)) result.rivals.push_back(rival);
    regexes_count = regexes_count && !is_final(*at);
  }
  return result;
}

/// Only what has a part in it, so that few patterns are compared at once.
Patterns shields_of(const Patterns& all, const std::vector<const Scope*>& rivals, const Scope* without) {
  Patterns result;
  for (const auto* rival : rivals) {
    auto with_rival = all;
    with_rival.push_back(&rival->pattern);
    if (rival != without && rival->pattern.is_exact() && may_fit(with_rival))
      result.push_back(&rival->pattern);
  }
  return result;
}

/// Whether nginx looks at the regular expression after it has found the owner's place in the same block.
bool looks_at(const Scope& regex, const Scope& owner) {
  const auto chain = chain_of(owner, regex.outer);
  const auto* first = chain.back();
  if (first->is_regex()) return regex.block < first->block;
  return first->modifier().empty() &&
         std::none_of(chain.begin(), chain.end(), [](const auto* at) { return is_final(*at); });
}

}  // namespace

/// Of the regular expressions beside the owner only those before the taker count, as several may take from
/// it.
bool may_take(const Scope& taker, const Scope& owner) {
  const auto* block = common_block(taker, owner);
  if (!block || block == &taker || block == &owner || taker.is_named() || owner.is_named()) return false;
  const auto* way = chain_of(taker, block).back();
  const auto* first = chain_of(owner, block).back();
  if (way == first) return false;
  const bool swallows = way->modifier() == "^~" && first->is_regex() && lies_within(*first, *way);
  if (!swallows && !(way->is_regex() && looks_at(*way, owner))) return false;
  const auto mine = conditions_of(taker), its = conditions_of(owner);
  auto all = mine.all;
  all.insert(all.end(), its.all.begin(), its.all.end());
  if (!may_fit(all)) return false;
  if (swallows) return true;
  auto rivals = mine.rivals;
  std::copy_if(its.rivals.begin(), its.rivals.end(), std::back_inserter(rivals),
               [block](const auto* rival) { return rival->outer != block || !rival->is_regex(); });
  return may_fit(all, shields_of(all, rivals, way));
}

bool lies_within(const Scope& inner, const Scope& outer) {
  return !may_fit(conditions_of(inner).all, {&outer.pattern}) && outer.pattern.is_exact();
}

bool may_get(const Scope& location, const Pattern& path) {
  if (location.is_named()) return false;
  auto conditions = conditions_of(location);
  conditions.all.push_back(&path);
  return may_fit(conditions.all) &&
         may_fit(conditions.all, shields_of(conditions.all, conditions.rivals, nullptr));
}

}  // namespace nginx
