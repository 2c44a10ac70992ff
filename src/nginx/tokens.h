// The words of nginx's configuration: quotes, escapes, comments, variables in braces, and blocks of Lua. It
// knows nothing of what a directive means, of files and of includes.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace nginx {

/// What was read: a directive that `;` or `{` ends, a `}`, the end of the text, or what is wrong with it.
struct Token {
  enum class Kind { statement, block, end_of_block, end_of_text, fault };
  Kind kind{};
  std::size_t line = 0;  ///< Where it begins, counted from 1.
  std::vector<std::string_view> words;
  std::string_view fault;
};

/// Reads one text. The words are views into it, or into `owned` where an escape had to be taken out; both
/// must outlive them.
class Tokens {
 public:
  Tokens(std::string_view text, std::deque<std::string>& owned) : text_(text), owned_(owned) {}

  /// The next token. After a fault or the end of the text, the same again.
  Token next();
  /// Passes over the program in a block of Lua whose `{` was read last, and over its `}`. False when it has
  /// no end.
  bool skip_lua();

 private:
  bool skip_space();
  bool read_word(Token& token);
  bool read_quoted(Token& token);
  bool read_plain(Token& token);
  bool at_end() const { return position_ >= text_.size(); }
  char here() const { return text_[position_]; }
  void step();
  void skip_line();
  void skip_lua_string(char quote);
  bool skip_lua_bracket();
  std::string_view unescape(std::string_view word);

  std::string_view text_;
  std::deque<std::string>& owned_;
  std::size_t position_ = 0;
  std::size_t line_ = 1;
};

}  // namespace nginx
