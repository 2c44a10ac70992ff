#include "nginx/ways.h"

#include <algorithm>
#include <array>

#include "nginx/choice.h"

namespace nginx {
namespace {

/// What nginx answers by itself before it asks anybody: bad, large or too many requests, and rules in a loop.
constexpr std::array<std::string_view, 10> kEarly{"400", "413", "414", "429", "494",
                                                  "495", "496", "497", "500", "503"};

bool is_status(std::string_view word) {
  return word.size() == 3 && word.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_elsewhere(std::string_view target) {
  return target.empty() || target.starts_with('=') || target.find("://") != std::string_view::npos ||
         target.starts_with("$scheme");
}

bool leads_on(const Directive& rewrite) {
  const auto flag = rewrite.argument(2);
  return flag != "break" && flag != "redirect" && flag != "permanent";
}

/// Whether a rule of the location or its server answers with one of the page's statuses.
bool is_returned(const Scope& scope, const Directive& page) {
  const auto has_it = [&page](const Scope& block) {
    const auto returns = own_and_within(block, {"return"});
    return std::any_of(returns.begin(), returns.end(), [&page](const auto* rule) {
      return std::find(page.words.begin(), page.words.end(), rule->argument()) != page.words.end();
    });
  };
  return has_it(scope) || has_it(*scope.server);
}

bool is_early(const Scope& scope, const Directive& page) {
  return is_returned(scope, page) || std::any_of(page.words.begin(), page.words.end(), [](auto word) {
           return is_status(word) && std::find(kEarly.begin(), kEarly.end(), word) != kEarly.end();
         });
}

void add(std::vector<Way>& ways, const Scope& scope, std::string_view target, bool is_rewrite, bool early) {
  if (!is_elsewhere(target))
    ways.push_back({with_constants(scope, target.substr(0, target.find('?'))), is_rewrite, early});
}

/// nginx looks for these files in each directory.
void add_indexes(std::vector<Way>& ways, const Scope& scope) {
  if (find_pass(scope) || scope.is_named()) return;
  const auto directory = scope.is_regex() ? "$directory" : std::string(scope.path()) + "$directory";
  for (const auto* index : in_force(scope, {"index"}))
    for (const auto name : index->words)
      if (name != "index")
        add(ways, scope, name.starts_with('/') ? name : directory + std::string(name), false, false);
}

}  // namespace

std::vector<Way> ways_from(const Scope& scope) {
  std::vector<Way> ways;
  for (const auto* files : own(scope, {"try_files"})) add(ways, scope, files->words.back(), false, false);
  for (const auto* page : in_force(scope, {"error_page"}))
    add(ways, scope, page->words.back(), false, is_early(scope, *page));
  for (const auto* rewrite : own_and_within(scope, {"rewrite"}))
    if (leads_on(*rewrite)) add(ways, scope, rewrite->argument(1), true, true);
  add_indexes(ways, scope);
  return ways;
}

bool may_lead(const Way& way, const Scope& location) {
  if (way.target.starts_with('@')) return location.path() == way.target && location.is_named();
  return may_get(location, Pattern::of_text(way.target));
}

}  // namespace nginx
