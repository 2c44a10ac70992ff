#include "nginx/ways.h"

#include <algorithm>
#include <array>

#include "nginx/choice.h"
#include "nginx/origins.h"

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

/// Takes the targets of one block.
class Ways {
 public:
  Ways(const Sites& sites, const Scope& scope) : sites_(sites), scope_(scope) {}

  void add(std::string_view target, bool is_rewrite, bool early) {
    if (is_elsewhere(target)) return;
    for (const auto& value : values_of(sites_, scope_, target.substr(0, target.find('?'))))
      ways_.push_back({value, is_rewrite, early});
  }
  void add_indexes();
  std::vector<Way> take() { return std::move(ways_); }

 private:
  const Sites& sites_;
  const Scope& scope_;
  std::vector<Way> ways_;
};

/// nginx looks for these files in each directory.
void Ways::add_indexes() {
  if (find_pass(scope_) || scope_.is_named()) return;
  const auto directory = (scope_.is_regex() ? "" : std::string(scope_.path())) + "$directory";
  for (const auto* index : in_force(scope_, {"index"}))
    for (auto name = index->words.begin() + 1; name != index->words.end(); ++name)
      add(name->starts_with('/') ? std::string(*name) : directory + std::string(*name), false, false);
}

}  // namespace

std::vector<Way> ways_from(const Sites& sites, const Scope& scope) {
  Ways ways(sites, scope);
  for (const auto* files : own(scope, {"try_files"})) ways.add(files->words.back(), false, false);
  for (const auto* page : in_force(scope, {"error_page"}))
    ways.add(page->words.back(), false, is_early(scope, *page));
  for (const auto* rewrite : own_and_within(scope, {"rewrite"}))
    if (leads_on(*rewrite)) ways.add(rewrite->argument(1), true, true);
  ways.add_indexes();
  return ways.take();
}

bool may_lead(const Way& way, const Scope& location) {
  if (way.target.starts_with('@')) return location.path() == way.target && location.is_named();
  return may_get(location, Pattern::of_text(way.target));
}

}  // namespace nginx
