#include "nginx/tokens.h"

#include <algorithm>

namespace nginx {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
/// What ends a word that is not quoted.
constexpr std::string_view kEnds = " \t\r\n;{";

bool is_one_of(char c, std::string_view set) {
  return set.find(c) != std::string_view::npos;
}

Token make_fault(std::size_t line, std::string_view words) {
  return {Token::Kind::fault, line, {}, words};
}

/// The character for which an escape stands; `\` itself where nginx takes the backslash for a letter.
char escaped(char c) {
  constexpr std::string_view kWritten = "\"'\\trn";
  constexpr std::string_view kMeant = "\"'\\\t\r\n";
  const auto place = kWritten.find(c);
  return place == std::string_view::npos ? '\0' : kMeant[place];
}

}  // namespace

void Tokens::step() {
  if (here() == '\n') ++line_;
  ++position_;
}

void Tokens::skip_line() {
  while (!at_end() && here() != '\n') step();
}

/// Passes over spaces and comments; false at the end of the text.
bool Tokens::skip_space() {
  while (!at_end()) {
    if (here() == '#')
      skip_line();
    else if (is_one_of(here(), kSpace))
      step();
    else
      return true;
  }
  return false;
}

Token Tokens::next() {
  using Kind = Token::Kind;
  Token token;
  while (skip_space()) {
    const char c = here();
    if (token.words.empty()) token.line = line_;
    if (c == ';' || c == '{' || c == '}') {
      if (c == '}' && !token.words.empty())
        return make_fault(line_, "a `}` where a `;` should end the directive");
      if (c != '}' && token.words.empty())
        return make_fault(line_, "a `;` or `{` without a directive before it");
      step();
      token.kind = c == ';' ? Kind::statement : c == '{' ? Kind::block : Kind::end_of_block;
      return token;
    }
    if (!read_word(token)) return make_fault(token.line, token.fault);
  }
  if (!token.words.empty()) return make_fault(token.line, "the directive that begins here has no end");
  token.kind = Kind::end_of_text;
  token.line = line_;
  return token;
}

bool Tokens::read_word(Token& token) {
  return here() == '"' || here() == '\'' ? read_quoted(token) : read_plain(token);
}

bool Tokens::read_quoted(Token& token) {
  const char quote = here();
  step();
  const auto begin = position_;
  while (!at_end() && here() != quote) {
    if (here() == '\\') step();
    if (!at_end()) step();
  }
  if (at_end()) {
    token.fault = "a quoted text in the directive that begins here has no end";
    return false;
  }
  token.words.push_back(unescape(text_.substr(begin, position_ - begin)));
  step();
  if (at_end() || is_one_of(here(), kEnds) || here() == ')') return true;
  token.fault = "a quoted text in the directive that begins here has a letter right behind it";
  return false;
}

/// A `{` right after `$` is part of the word, as in "${name}".
bool Tokens::read_plain(Token& token) {
  const auto begin = position_;
  char before = '\0';
  while (!at_end() && (!is_one_of(here(), kEnds) || (here() == '{' && before == '$'))) {
    before = here();
    step();
    if (before == '\\' && !at_end()) step();
  }
  token.words.push_back(unescape(text_.substr(begin, position_ - begin)));
  return true;
}

std::string_view Tokens::unescape(std::string_view word) {
  if (word.find('\\') == std::string_view::npos) return word;
  std::string plain;
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char meant = word[i] == '\\' && i + 1 < word.size() ? escaped(word[i + 1]) : '\0';
    if (meant != '\0') ++i;
    plain.push_back(meant != '\0' ? meant : word[i]);
  }
  return owned_.emplace_back(std::move(plain));
}

void Tokens::skip_lua_string(char quote) {
  for (step(); !at_end() && here() != quote; step())
    if (here() == '\\' && position_ + 1 < text_.size()) step();
  if (!at_end()) step();
}

/// Passes over a long bracket of Lua, such as [==[ ... ]==]; false, and nothing passed, where there is none.
bool Tokens::skip_lua_bracket() {
  const auto second = text_.find_first_not_of('=', position_ + 1);
  if (second == std::string_view::npos || text_[second] != '[') return false;
  std::string closing(text_.substr(position_, second - position_ + 1));
  std::replace(closing.begin(), closing.end(), '[', ']');
  const auto end = text_.find(closing, second + 1);
  const auto stop = end == std::string_view::npos ? text_.size() : end + closing.size();
  while (position_ < stop) step();
  return true;
}

bool Tokens::skip_lua() {
  for (std::size_t depth = 1; !at_end();) {
    const char c = here();
    if (c == '"' || c == '\'') {
      skip_lua_string(c);
    } else if (text_.substr(position_, 2) == "--") {
      step();
      step();
      if (at_end() || here() != '[' || !skip_lua_bracket()) skip_line();
    } else if (c != '[' || !skip_lua_bracket()) {
      step();
      if (c == '{') ++depth;
      if (c == '}' && --depth == 0) return true;
    }
  }
  return false;
}

}  // namespace nginx
