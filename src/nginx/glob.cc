// The patterns of `include`, matched against names only: the files may be on another host.
#include <optional>

#include "nginx/config.h"

namespace nginx {
namespace {

/// What stands at the beginning of a pattern: how long it is, and whether the character fits it.
struct Atom {
  std::size_t length;
  bool fits;
};

/// A set such as [a-z] or [!x]; nothing where the bracket has no end, so that it stands for itself.
std::optional<Atom> match_set(std::string_view pattern, char c) {
  const bool negated = pattern.size() > 1 && (pattern[1] == '!' || pattern[1] == '^');
  const std::size_t first = negated ? 2 : 1;
  bool found = false;
  for (auto i = first; i < pattern.size(); ++i) {
    if (pattern[i] == ']' && i > first) return Atom{i + 1, found != negated};
    const bool range = i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']';
    found = found || (range ? pattern[i] <= c && c <= pattern[i + 2] : pattern[i] == c);
    if (range) i += 2;
  }
  return std::nullopt;
}

Atom match_one(std::string_view pattern, char c, bool first_of_name) {
  const bool special = c != '/' && !(c == '.' && first_of_name);
  if (pattern.front() == '?') return {1, special};
  if (pattern.front() == '[')
    if (const auto set = match_set(pattern, c)) return {set->length, set->fits && special};
  if (pattern.front() == '\\' && pattern.size() > 1) return {2, pattern[1] == c};
  return {1, pattern.front() == c};
}

}  // namespace

bool fits_glob(std::string_view pattern, std::string_view path) {
  constexpr auto kNone = std::string_view::npos;
  std::size_t at = 0, in = 0, star = kNone, taken = 0;
  const auto is_first = [&path](std::size_t place) { return place == 0 || path[place - 1] == '/'; };
  while (in < path.size()) {
    if (at < pattern.size() && pattern[at] == '*') {
      star = at++;
      taken = in;
      continue;
    }
    const auto atom =
        at < pattern.size() ? match_one(pattern.substr(at), path[in], is_first(in)) : Atom{0, false};
    if (atom.fits) {
      at += atom.length;
      ++in;
    } else if (star != kNone && path[taken] != '/' && !(path[taken] == '.' && is_first(taken))) {
      at = star + 1;
      in = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', at) == kNone;
}

}  // namespace nginx
