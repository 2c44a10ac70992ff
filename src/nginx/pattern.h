// Which paths the words of a location fit: a regular expression, a prefix or one whole path, as an automaton,
// so that several of them can be compared. What of a regular expression is not understood fits more than with
// nginx, and never less. It knows nothing of locations.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "nginx/symbols.h"

namespace nginx {

class Pattern {
 public:
  /// Fits everything.
  Pattern() { fit_everything(); }
  /// Fits what a part of it fits, as with nginx, unless it is anchored.
  static Pattern of_regex(std::string_view regex, bool ignores_case);
  static Pattern of_prefix(std::string_view path);
  /// Fits this path alone.
  static Pattern of_path(std::string_view path);
  /// Fits this path alone, in which each variable stands for any text.
  static Pattern of_text(std::string_view text);

  /// With what each path begins that fits it, as far as one can see.
  const std::string& beginning() const { return beginning_; }
  /// Whether it fits no path that nginx would not have fit.
  bool is_exact() const { return exact_; }

 private:
  friend class PatternParser;
  friend class Walk;

  struct Edge {
    Symbols symbols;
    std::uint32_t to;
  };
  struct Node {
    std::vector<std::uint32_t> free;  ///< What follows without a symbol.
    std::vector<Edge> edges;
  };

  static Pattern begin_with(std::string_view path);
  void fit_everything();
  void find_beginning();
  std::uint32_t add_node();
  void add_free(std::uint32_t from, std::uint32_t to) { nodes_[from].free.push_back(to); }
  void add_edge(std::uint32_t from, const Symbols& symbols, std::uint32_t to);
  /// A node behind `from` for one more symbol.
  std::uint32_t append(std::uint32_t from, const Symbols& symbols);

  std::vector<Node> nodes_;  ///< Begins at the first one.
  std::uint32_t last_ = 0;
  std::string beginning_;
  bool exact_ = true;
};

using Patterns = std::vector<const Pattern*>;

/// Whether a path may fit all of the first and none of the others. Where that would take too long, it may.
bool may_fit(const Patterns& all, const Patterns& none = {});

}  // namespace nginx
