#include "nginx/origins.h"

#include <algorithm>
#include <array>

#include "nginx/symbols.h"

namespace nginx {
namespace {

/// How many variables are followed, and one more that is not; and how many values of one text are told apart.
/// Whoever gives up says so: the set of variables then has `$...`.
constexpr std::size_t kMostVariables = 65, kMostValues = 64;
constexpr int kMostDepth = 8;
constexpr std::string_view kNotFollowed = "$...";

/// What a client says, beside its headers, its query and its cookies by their names.
constexpr std::array<std::string_view, 13> kOfRequest{"$args",
                                                      "$query_string",
                                                      "$is_args",
                                                      "$request_uri",
                                                      "$remote_user",
                                                      "$request_body",
                                                      "$request",
                                                      "$request_length",
                                                      "$content_type",
                                                      "$content_length",
                                                      "$server_protocol",
                                                      "$ssl_server_name",
                                                      "$proxy_add_x_forwarded_for"};
constexpr std::array<std::string_view, 3> kOfHeaders{"$http_", "$arg_", "$cookie_"};
/// What of a map is no pair of a key and a value.
constexpr std::array<std::string_view, 4> kNoKeys{"hostnames", "volatile", "proxy", "ranges"};

/// What a variable can be, and what decides that it is.
struct Sources {
  std::vector<std::string_view> values, choices;
};

void add_words(std::vector<std::string_view>& list, const Directive& directive) {
  list.insert(list.end(), directive.words.begin() + 1, directive.words.end());
}

bool has_capture(const Directive& directive, std::string_view variable) {
  const auto capture = "<" + std::string(variable.substr(1)) + ">";
  return std::any_of(directive.words.begin(), directive.words.end(),
                     [&capture](auto word) { return word.find(capture) != std::string_view::npos; });
}

void add_settings(Sources& sources, const Scope& scope, std::string_view variable) {
  for (const auto& [set, condition] : settings_of(scope)) {
    if (set->argument() != variable) continue;
    sources.values.push_back(set->argument(1));
    if (condition) add_words(sources.choices, *condition);
  }
  for (const auto* said : own(scope, {"auth_request_set"}))
    if (said->argument() == variable) sources.values.push_back(said->argument(1));
  for (const auto* condition : own(scope, {"if"}))
    if (has_capture(*condition, variable)) add_words(sources.choices, *condition);
}

/// `map SOURCE $variable`, and `geo $variable` by the address of the client.
void add_map(Sources& sources, const Directive& map, std::string_view variable) {
  const auto source = map.words.size() > 2 ? map.argument() : std::string_view{};
  const bool is_its = map.words.back() == variable;
  for (const auto& row : map.children) {
    if (has_capture(row, variable)) sources.choices.push_back(source);
    const bool is_pair =
        row.words.size() == 2 && std::find(kNoKeys.begin(), kNoKeys.end(), row.name()) == kNoKeys.end();
    if (is_its && is_pair) sources.values.push_back(row.argument());
  }
  if (is_its) sources.choices.push_back(source);
}

Sources sources_of(const Sites& sites, const Scope& scope, std::string_view variable) {
  Sources sources;
  for (const auto* at = &scope; at != nullptr; at = at->outer) add_settings(sources, *at, variable);
  for (const auto* http : sites.https)
    for (const auto* map : own(*http, {"map", "geo", "split_clients"})) add_map(sources, *map, variable);
  return sources;
}

/// Looks at each variable once.
void follow_all(const Sites& sites, const Scope& scope, std::string_view text, Follow follow,
                std::set<std::string>& seen) {
  for (const auto& variable : variables_in(text)) {
    if (seen.contains(variable)) continue;
    if (seen.size() >= kMostVariables) {
      seen.emplace(kNotFollowed);
      return;
    }
    seen.insert(variable);
    if (variable.starts_with("$sessiond_")) continue;
    const auto sources = sources_of(sites, scope, variable);
    for (const auto value : sources.values) follow_all(sites, scope, value, follow, seen);
    if (follow == Follow::content) continue;
    for (const auto choice : sources.choices) follow_all(sites, scope, choice, follow, seen);
  }
}

/// Where the name of a variable ends that begins at the `$`, with its braces.
std::size_t end_of_variable(std::string_view text, std::size_t at) {
  auto end = at + 1;
  const bool in_braces = end < text.size() && text[end] == '{';
  if (in_braces) ++end;
  while (end < text.size() && is_of_word(text[end])) ++end;
  return in_braces && end < text.size() && text[end] == '}' ? end + 1 : end;
}

/// What a text can be, as far as it was followed.
struct Expanded {
  std::set<std::string> values;
  bool is_whole = true;
};

/// Each text of the first followed by each of the second; nothing where these are too many.
std::set<std::string> joined(const std::set<std::string>& first, const std::set<std::string>& second) {
  std::set<std::string> result;
  if (first.size() * second.size() > kMostValues) return result;
  for (const auto& a : first)
    for (const auto& b : second) result.insert(a + b);
  return result;
}

Expanded expand(const Sites& sites, const Scope& scope, std::string_view text, int depth);

Expanded expand_variable(const Sites& sites, const Scope& scope, std::string_view word, int depth) {
  const auto variable = variables_in(word).front();
  Expanded result;
  if (depth == kMostDepth) return {{std::string(word)}, false};
  for (const auto value : sources_of(sites, scope, variable).values) {
    if (result.values.size() > kMostValues) break;
    auto more = expand(sites, scope, value, depth + 1);
    result.is_whole = result.is_whole && more.is_whole;
    result.values.merge(more.values);
  }
  if (result.values.size() > kMostValues) return {{std::string(word)}, false};
  if (result.values.empty()) result.values.emplace(word);
  return result;
}

Expanded expand(const Sites& sites, const Scope& scope, std::string_view text, int depth) {
  Expanded result{{""}};
  for (std::size_t at = 0; at < text.size();) {
    const bool is_variable = text[at] == '$';
    const auto end = is_variable ? end_of_variable(text, at) : std::min(text.find('$', at), text.size());
    const auto word = text.substr(at, end - at);
    const auto part =
        is_variable ? expand_variable(sites, scope, word, depth) : Expanded{{std::string(word)}};
    auto more = joined(result.values, part.values);
    result.is_whole = result.is_whole && part.is_whole && !more.empty();
    result.values = more.empty() ? joined(result.values, {std::string(word)}) : std::move(more);
    at = end;
  }
  return result;
}

}  // namespace

std::vector<Setting> settings_of(const Scope& scope) {
  std::vector<Setting> result;
  for (const auto& child : scope.block->children) {
    if (child.name() == "set") result.push_back({&child, nullptr});
    if (child.name() != "if") continue;
    for (const auto& inner : child.children)
      if (inner.name() == "set") result.push_back({&inner, &child});
  }
  return result;
}

std::set<std::string> origins_of(const Sites& sites, const Scope& scope, std::string_view text,
                                 Follow follow) {
  std::set<std::string> seen;
  follow_all(sites, scope, text, follow, seen);
  return seen;
}

std::set<std::string> origins_of(const Sites& sites, const Scope& scope, const Setting& setting) {
  auto seen = origins_of(sites, scope, setting.set->argument(1), Follow::choice);
  if (setting.condition)
    for (const auto word : setting.condition->words) follow_all(sites, scope, word, Follow::choice, seen);
  return seen;
}

std::set<std::string> values_of(const Sites& sites, const Scope& scope, std::string_view text) {
  return expand(sites, scope, text, 0).values;
}

bool has_more_values(const Sites& sites, const Scope& scope, std::string_view text) {
  return !expand(sites, scope, text, 0).is_whole;
}

bool has_more_origins(const std::set<std::string>& variables) {
  return variables.contains(std::string(kNotFollowed));
}

bool is_of_client(std::string_view variable) {
  return std::find(kOfRequest.begin(), kOfRequest.end(), variable) != kOfRequest.end() ||
         std::any_of(kOfHeaders.begin(), kOfHeaders.end(),
                     [variable](auto beginning) { return variable.starts_with(beginning); });
}

bool is_of_client(const std::set<std::string>& variables) {
  return std::any_of(variables.begin(), variables.end(),
                     [](const std::string& variable) { return is_of_client(std::string_view(variable)); });
}

bool has_variable(std::string_view text, std::string_view variable) {
  const auto variables = variables_in(text);
  return std::find(variables.begin(), variables.end(), variable) != variables.end();
}

std::vector<std::string> variables_in(std::string_view text) {
  std::vector<std::string> result;
  for (auto at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
    std::string name;
    for (const char c : text.substr(at, end_of_variable(text, at) - at))
      if (c != '{' && c != '}') name.push_back(c);
    result.push_back(std::move(name));
  }
  return result;
}

}  // namespace nginx
