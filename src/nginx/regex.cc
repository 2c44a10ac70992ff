// The regular expressions of PCRE, as far as one meets them in nginx, made into automata.
#include <algorithm>
#include <charconv>
#include <optional>

#include "nginx/pattern.h"

namespace nginx {
namespace {

/// How many nodes a regular expression may need, how much of it is read, and how deep its groups may be.
constexpr std::size_t kMostNodes = 2000, kMostAtoms = 20'000;
constexpr int kMostDepth = 50;

/// Ends the parsing of a regular expression that is not understood; it never leaves this file.
struct NotUnderstood {};

}  // namespace

/// Reads the regular expressions of PCRE, as far as one meets them in nginx.
class PatternParser {
 public:
  PatternParser(std::string_view text, bool ignores_case) : text_(text), ignores_case_(ignores_case) {}

  Pattern parse();

 private:
  using Node = std::uint32_t;
  struct Times {
    std::size_t least, most;  ///< Without a limit it is kMostNodes.
  };

  Node read_alternatives(Node from);
  Node read_sequence(Node from);
  Node read_repeated(Node from);
  Node read_atom(Node from);
  Node read_group(Node from);
  Node read_escape(Node from);
  bool read_flags();
  Symbols read_class();
  Symbols read_class_name();
  std::size_t read_class_byte(Symbols& kinds);
  std::size_t read_hex();
  Times read_times();
  std::optional<Times> read_braces();
  Node repeat(Node from, std::size_t begin, const Times& times);

  bool at_end() const { return at_ >= text_.size(); }
  bool has(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  bool take(std::string_view word);
  char next();
  Node join(Node from, Node to) {
    pattern_.add_free(from, to);
    return to;
  }
  Node put(Node from, const Symbols& symbols) {
    if (pattern_.nodes_.size() > kMostNodes) throw NotUnderstood{};
    return pattern_.append(from, ignores_case_ ? with_both_cases(symbols) : symbols);
  }
  Node not_exactly(Node node) {
    pattern_.exact_ = false;
    return node;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool ignores_case_;
  int depth_ = 0;
  std::size_t read_ = 0;
  Pattern pattern_;
};

bool PatternParser::take(std::string_view word) {
  if (!has(word)) return false;
  at_ += word.size();
  return true;
}

char PatternParser::next() {
  if (at_end()) throw NotUnderstood{};
  return text_[at_++];
}

Pattern PatternParser::parse() {
  const auto anything = Symbols().set();
  pattern_.nodes_.clear();
  const auto first = pattern_.add_node();
  pattern_.add_edge(first, anything, first);
  try {
    const auto end = read_alternatives(join(first, pattern_.add_node()));
    if (!at_end()) throw NotUnderstood{};
    pattern_.last_ = join(end, pattern_.add_node());
    pattern_.add_edge(pattern_.last_, anything, pattern_.last_);
  } catch (const NotUnderstood&) {
    pattern_.fit_everything();
    pattern_.exact_ = false;
  }
  return std::move(pattern_);
}

PatternParser::Node PatternParser::read_alternatives(Node from) {
  if (++depth_ > kMostDepth) throw NotUnderstood{};
  const bool ignored_case = ignores_case_;
  const auto end = pattern_.add_node();
  do {
    join(read_sequence(join(from, pattern_.add_node())), end);
  } while (take("|"));
  ignores_case_ = ignored_case;
  --depth_;
  return end;
}

PatternParser::Node PatternParser::read_sequence(Node from) {
  while (!at_end() && !has("|") && !has(")")) from = read_repeated(from);
  return from;
}

/// Reads what may stand there several times once for each, from the same place.
PatternParser::Node PatternParser::read_repeated(Node from) {
  const auto begin = at_;
  const auto nodes = pattern_.nodes_.size();
  const auto apart = pattern_.add_node();
  const auto once = read_atom(apart);
  const auto behind = at_;
  const auto times = read_times();
  if (at_ == behind) {
    join(from, apart);
    return once;
  }
  pattern_.nodes_.resize(nodes);
  const auto rest = at_;
  const auto end = repeat(from, begin, times);
  at_ = rest;
  return end;
}

PatternParser::Node PatternParser::repeat(Node from, std::size_t begin, const Times& times) {
  const auto read_again = [&](Node node) {
    at_ = begin;
    return read_atom(node);
  };
  for (std::size_t i = 0; i < times.least; ++i) from = read_again(join(from, pattern_.add_node()));
  const auto end = pattern_.add_node();
  if (times.most == kMostNodes) {
    const auto loop = join(from, pattern_.add_node());
    join(read_again(join(loop, pattern_.add_node())), loop);
    return join(loop, end);
  }
  for (std::size_t i = times.least; i < times.most; ++i) {
    join(from, end);
    from = read_again(join(from, pattern_.add_node()));
  }
  return join(from, end);
}

PatternParser::Times PatternParser::read_times() {
  Times times{1, 1};
  if (take("*"))
    times = {0, kMostNodes};
  else if (take("+"))
    times = {1, kMostNodes};
  else if (take("?"))
    times = {0, 1};
  else if (const auto braces = read_braces())
    times = *braces;
  else
    return times;
  if (!take("?") && take("+")) pattern_.exact_ = false;
  return times;
}

/// {2}, {2,} or {2,3}; any other brace stands for itself.
std::optional<PatternParser::Times> PatternParser::read_braces() {
  const auto end = text_.find('}', at_);
  if (!has("{") || end == std::string_view::npos) return std::nullopt;
  const auto inside = text_.substr(at_ + 1, end - at_ - 1);
  Times times{0, 0};
  const auto* stop = inside.data() + inside.size();
  auto [rest, fault] = std::from_chars(inside.data(), stop, times.least);
  if (fault != std::errc{}) return std::nullopt;
  times.most = times.least;
  if (rest != stop && *rest == ',') {
    times.most = kMostNodes;
    if (++rest != stop) rest = std::from_chars(rest, stop, times.most).ptr;
  }
  if (rest != stop) return std::nullopt;
  if (times.least > times.most || times.most > kMostNodes) throw NotUnderstood{};
  at_ = end + 1;
  return times;
}

/// What stands in groups within each other is read again for each of them, so that the readings are counted.
PatternParser::Node PatternParser::read_atom(Node from) {
  if (++read_ > kMostAtoms) throw NotUnderstood{};
  const char c = next();
  if (c == '(') return read_group(from);
  if (c == '[') return put(from, read_class());
  if (c == '\\') return read_escape(from);
  if (c == '.') return put(from, any_byte());
  if (c == '^') return put(from, only(kBegin));
  if (c == '$') return put(from, only(kEnd));
  if (c == '*' || c == '+' || c == '?') throw NotUnderstood{};
  return put(from, only(c));
}

/// `(?i)` up to the end of the group, or `(?i:`, behind `(?`. False where it is neither.
bool PatternParser::read_flags() {
  const auto end = text_.find_first_not_of("-imsxnJU", at_);
  if (end == std::string_view::npos || (text_[end] != ')' && text_[end] != ':')) return false;
  const auto flags = text_.substr(at_, end - at_);
  const auto minus = std::min(flags.find('-'), flags.size());
  if (flags.find_first_of("mx") != std::string_view::npos) throw NotUnderstood{};
  if (const auto i = flags.find('i'); i != std::string_view::npos) ignores_case_ = i < minus;
  at_ = end;
  return true;
}

PatternParser::Node PatternParser::read_group(Node from) {
  const bool ignored_case = ignores_case_;
  bool looks = false;
  if (take("?")) {
    if (take("=") || take("!") || take("<=") || take("<!")) {
      looks = true;
    } else if (take(">")) {
      pattern_.exact_ = false;
    } else if (take("<") || take("P<") || take("'")) {
      at_ = text_.find_first_of(">'", at_);
      next();
    } else if (!read_flags()) {
      throw NotUnderstood{};
    } else if (take(")")) {
      return from;
    } else {
      next();
    }
  }
  const auto end = read_alternatives(looks ? pattern_.add_node() : from);
  if (!take(")")) throw NotUnderstood{};
  ignores_case_ = ignored_case;
  return looks ? not_exactly(from) : end;
}

PatternParser::Node PatternParser::read_escape(Node from) {
  const char c = next();
  if (const auto kind = kind_of(c)) return put(from, *kind);
  if (const auto control = control_of(c)) return put(from, only(*control));
  if (c == 'x') return put(from, only(read_hex()));
  if (c == 'A') return put(from, only(kBegin));
  if (c == 'z' || c == 'Z') return put(from, only(kEnd));
  if (c == 'b' || c == 'B') return not_exactly(from);
  if (is_letter(c) || is_digit(c)) throw NotUnderstood{};
  return put(from, only(c));
}

std::size_t PatternParser::read_hex() {
  unsigned value = 0;
  const auto digits = text_.substr(at_, 2);
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (fault != std::errc{}) throw NotUnderstood{};
  at_ += static_cast<std::size_t>(end - digits.data());
  return value;
}

/// [:alpha:] and its like, behind its first bracket.
Symbols PatternParser::read_class_name() {
  const auto end = text_.find(":]", ++at_);
  if (end == std::string_view::npos) throw NotUnderstood{};
  const auto found = class_of(text_.substr(at_, end - at_));
  if (!found) throw NotUnderstood{};
  at_ = end + 2;
  return *found;
}

/// One byte of a set, or kBegin after it has put a kind of bytes into `kinds`.
std::size_t PatternParser::read_class_byte(Symbols& kinds) {
  const char c = next();
  if (c == '[' && has(":")) {
    kinds |= read_class_name();
    return kBegin;
  }
  if (c != '\\') return static_cast<unsigned char>(c);
  const char escaped = next();
  if (const auto kind = kind_of(escaped)) {
    kinds |= *kind;
    return kBegin;
  }
  if (escaped == 'x') return read_hex();
  if (const auto control = control_of(escaped)) return static_cast<unsigned char>(*control);
  if (is_letter(escaped) || is_digit(escaped)) throw NotUnderstood{};
  return static_cast<unsigned char>(escaped);
}

Symbols PatternParser::read_class() {
  Symbols symbols;
  const bool negated = take("^");
  for (bool first = true; first || !has("]"); first = false) {
    const auto from = read_class_byte(symbols);
    if (from == kBegin) continue;
    auto to = from;
    if (has("-") && !has("-]")) {
      next();
      to = read_class_byte(symbols);
      if (to == kBegin) throw NotUnderstood{};
    }
    for (auto byte = from; byte <= to; ++byte) symbols.set(byte);
  }
  next();
  if (ignores_case_) symbols = with_both_cases(symbols);
  return negated ? but(symbols) : symbols;
}

Pattern Pattern::of_regex(std::string_view regex, bool ignores_case) {
  auto result = PatternParser(regex, ignores_case).parse();
  result.find_beginning();
  return result;
}

}  // namespace nginx
