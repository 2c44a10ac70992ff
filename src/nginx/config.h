// A configuration of nginx as `nginx -T` prints it, as a tree: each file is parsed, and what it includes
// stands in its place. It knows the grammar and the includes, and nothing of what a directive does.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace nginx {

struct Place {
  std::string_view file;
  std::size_t line = 0;

  friend bool operator==(const Place&, const Place&) = default;
};

struct Directive {
  std::vector<std::string_view> words;  ///< Without quotes and escapes; never empty.
  Place written;                        ///< Where it is written.
  Place
      at;  ///< Where one looks for it: the same, or in a server the `include` that brings it into the block.
  bool is_block = false;
  std::vector<Directive> children;

  std::string_view name() const { return words.front(); }
  /// The word at this place after the name; empty when there is none.
  std::string_view argument(std::size_t index = 0) const;
};

/// The most that is read: of bytes, of blocks within each other or of files that include each other, and of
/// directives once each file stands wherever it is included.
constexpr std::size_t kMostBytes = 32U << 20;
constexpr std::size_t kMostDepth = 32;
constexpr std::size_t kMostDirectives = 1'000'000;

/// Owns the text to which all views in it lead. It can be moved, and the views stay good.
struct Config {
  Config() = default;
  Config(Config&&) = default;
  Config& operator=(Config&&) = default;
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;

  std::vector<Directive> directives;
  std::vector<std::string_view> files;  ///< In the order in which nginx printed them.
  std::string fault;                    ///< Why there are no directives, and what would be right; empty else.
  std::deque<std::string> texts;
};

/// Parses what `nginx -T` has printed, with or without its lines on standard error before it.
Config parse_config(std::string text, std::size_t most_directives = kMostDirectives);

/// Whether a path fits a pattern as glob(7) has it: `*`, `?` and `[...]` stand for no slash, and for no dot
/// at the beginning of a name.
bool fits_glob(std::string_view pattern, std::string_view path);

}  // namespace nginx
