#include "nginx/pattern.h"

#include <algorithm>
#include <deque>
#include <set>

namespace nginx {
namespace {

/// How far patterns are compared.
constexpr std::size_t kMostSteps = 100'000;
/// As many bytes as a path of a file may have.
constexpr std::size_t kMostBeginning = 4096;
/// What stands behind the `$` of a variable.
constexpr std::string_view kOfVariables = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_{}";

}  // namespace

/// Walks through several patterns at once.
class Walk {
 public:
  Walk(const Patterns& all, const Patterns& none) : all_(all.size()), patterns_(all) {
    patterns_.insert(patterns_.end(), none.begin(), none.end());
  }

  bool finds_path();
  /// The bytes that a path needs before it has a choice.
  std::string find_beginning();

 private:
  using Nodes = std::vector<bool>;
  using State = std::vector<Nodes>;

  void close(std::size_t index, Nodes& nodes, std::uint32_t node) const;
  State begin() const;
  State step(const State& state, std::size_t symbol);
  bool is_dead(const State& state) const;
  std::vector<bool> find_living(std::size_t index) const;
  bool ends_well(const State& state) const;
  std::vector<std::size_t> choose_bytes() const;

  std::size_t all_;
  Patterns patterns_;
  std::size_t steps_ = 0;
};

/// Adds the node, and what follows it without a symbol.
void Walk::close(std::size_t index, Nodes& nodes, std::uint32_t node) const {
  std::vector<std::uint32_t> open{node};
  while (!open.empty()) {
    const auto at = open.back();
    open.pop_back();
    if (nodes[at]) continue;
    nodes[at] = true;
    const auto& free = patterns_[index]->nodes_[at].free;
    open.insert(open.end(), free.begin(), free.end());
  }
}

Walk::State Walk::begin() const {
  State state;
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    state.emplace_back(patterns_[i]->nodes_.size());
    close(i, state.back(), 0);
  }
  return state;
}

Walk::State Walk::step(const State& state, std::size_t symbol) {
  State result;
  for (std::size_t i = 0; i < patterns_.size(); ++i) {
    auto& nodes = result.emplace_back(patterns_[i]->nodes_.size());
    for (std::size_t at = 0; at < state[i].size(); ++at) {
      if (!state[i][at]) continue;
      ++steps_;
      for (const auto& edge : patterns_[i]->nodes_[at].edges)
        if (edge.symbols[symbol]) close(i, nodes, edge.to);
    }
  }
  return result;
}

bool Walk::is_dead(const State& state) const {
  for (std::size_t i = 0; i < all_; ++i)
    if (std::find(state[i].begin(), state[i].end(), true) == state[i].end()) return true;
  return false;
}

bool Walk::ends_well(const State& state) const {
  for (std::size_t i = 0; i < patterns_.size(); ++i)
    if (state[i][patterns_[i]->last_] != (i < all_)) return false;
  return true;
}

/// One byte of each kind that no edge tells from each other.
std::vector<std::size_t> Walk::choose_bytes() const {
  std::vector<std::size_t> kinds(256, 0);
  std::size_t count = 1;
  for (const auto* pattern : patterns_)
    for (const auto& node : pattern->nodes_)
      for (const auto& edge : node.edges) {
        std::vector<std::size_t> split(count, 0);
        std::vector<bool> seen(count, false), has_other(count, false);
        for (std::size_t byte = 0; byte < 256; ++byte)
          (edge.symbols[byte] ? seen : has_other)[kinds[byte]] = true;
        for (std::size_t kind = 0, known = count; kind < known; ++kind)
          if (seen[kind] && has_other[kind]) split[kind] = count++;
        for (std::size_t byte = 0; byte < 256; ++byte)
          if (edge.symbols[byte] && split[kinds[byte]] != 0) kinds[byte] = split[kinds[byte]];
      }
  std::vector<std::size_t> chosen;
  for (std::size_t kind = 0; kind < count; ++kind)
    chosen.push_back(static_cast<std::size_t>(std::find(kinds.begin(), kinds.end(), kind) - kinds.begin()));
  return chosen;
}

bool Walk::finds_path() {
  const auto bytes = choose_bytes();
  std::set<State> seen;
  std::deque<State> open;
  open.push_back(step(begin(), kBegin));
  while (!open.empty()) {
    const auto state = std::move(open.front());
    open.pop_front();
    if (is_dead(state) || !seen.insert(state).second) continue;
    if (steps_ > kMostSteps || ends_well(step(state, kEnd))) return true;
    for (const auto byte : bytes) open.push_back(step(state, byte));
  }
  return false;
}

/// Whether the end can be reached from each node of the pattern, within a path.
std::vector<bool> Walk::find_living(std::size_t index) const {
  const auto& nodes = patterns_[index]->nodes_;
  std::vector<bool> living(nodes.size(), false);
  living[patterns_[index]->last_] = true;
  const auto lives = [&living](const Pattern::Node& node) {
    return std::any_of(node.free.begin(), node.free.end(), [&living](auto to) { return living[to]; }) ||
           std::any_of(node.edges.begin(), node.edges.end(), [&living](const auto& edge) {
             return living[edge.to] && edge.symbols != only(kBegin);
           });
  };
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t at = nodes.size(); at-- > 0;)
      if (!living[at] && lives(nodes[at])) living[at] = changed = true;
  }
  return living;
}

/// One pattern alone is walked through here.
std::string Walk::find_beginning() {
  std::string result;
  const auto& pattern = *patterns_.front();
  const auto living = find_living(0);
  for (auto state = step(begin(), kBegin); result.size() < kMostBeginning && !state[0][pattern.last_];) {
    Symbols possible;
    for (std::size_t at = 0; at < living.size(); ++at)
      if (state[0][at])
        for (const auto& edge : pattern.nodes_[at].edges)
          if (living[edge.to]) possible |= edge.symbols;
    if (possible.reset(kBegin).count() != 1 || possible[kEnd]) break;
    std::size_t byte = 0;
    while (!possible[byte]) ++byte;
    result.push_back(static_cast<char>(byte));
    state = step(state, byte);
  }
  return result;
}

Pattern Pattern::of_prefix(std::string_view path) {
  auto result = begin_with(path);
  result.add_edge(result.last_, Symbols().set(), result.last_);
  return result;
}

Pattern Pattern::of_path(std::string_view path) {
  auto result = begin_with(path);
  result.last_ = result.append(result.last_, only(kEnd));
  return result;
}

Pattern Pattern::begin_with(std::string_view path) {
  Pattern result;
  result.nodes_.clear();
  result.last_ = result.append(result.add_node(), only(kBegin));
  result.beginning_ = path;
  for (const char c : path) result.last_ = result.append(result.last_, only(c));
  return result;
}

Pattern Pattern::of_text(std::string_view text) {
  const auto first = std::min(text.find('$'), text.size());
  auto result = begin_with(text.substr(0, first));
  for (auto i = first; i < text.size(); ++i) {
    if (text[i] != '$') {
      result.last_ = result.append(result.last_, only(text[i]));
      continue;
    }
    const auto end = text.find_first_not_of(kOfVariables, i + 1);
    i = std::min(end, text.size()) - 1;
    result.add_edge(result.last_, any_byte(), result.last_);
  }
  result.last_ = result.append(result.last_, only(kEnd));
  return result;
}

void Pattern::find_beginning() {
  beginning_ = Walk({this}, {}).find_beginning();
}

void Pattern::fit_everything() {
  nodes_.clear();
  last_ = add_node();
  add_edge(last_, Symbols().set(), last_);
}

std::uint32_t Pattern::add_node() {
  nodes_.emplace_back();
  return static_cast<std::uint32_t>(nodes_.size() - 1);
}

void Pattern::add_edge(std::uint32_t from, const Symbols& symbols, std::uint32_t to) {
  nodes_[from].edges.push_back({symbols, to});
}

std::uint32_t Pattern::append(std::uint32_t from, const Symbols& symbols) {
  const auto to = add_node();
  add_edge(from, symbols, to);
  return to;
}

/// Most patterns differ at once, which takes no walk to see.
bool may_fit(const Patterns& all, const Patterns& none) {
  std::string_view longest;
  for (const auto* pattern : all) {
    const std::string_view beginning = pattern->beginning();
    if (!beginning.starts_with(longest) && !longest.starts_with(beginning)) return false;
    if (beginning.size() > longest.size()) longest = beginning;
  }
  return Walk(all, none).finds_path();
}

}  // namespace nginx
