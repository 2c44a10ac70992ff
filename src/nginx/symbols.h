// Sets of bytes, and of the two symbols for the beginning and the end of a path, as regular expressions have
// them.
#pragma once

#include <bitset>
#include <cstddef>
#include <optional>
#include <string_view>

namespace nginx {

/// A byte, or the beginning or the end of the path, which anchors fit.
constexpr std::size_t kBegin = 256, kEnd = 257;
using Symbols = std::bitset<258>;

Symbols any_byte();
Symbols only(std::size_t symbol);
Symbols only(char byte);
/// All bytes that are not in the set.
Symbols but(const Symbols& symbols);
Symbols with_both_cases(Symbols symbols);

bool is_letter(char byte);
bool is_digit(char byte);
/// A letter, a digit or `_`.
bool is_of_word(char byte);

/// What a letter behind a backslash, as in `\d`, stands for; nothing for one that means something else.
std::optional<Symbols> kind_of(char letter);
/// The byte of control for which a letter behind a backslash stands, as in `\n`.
std::optional<char> control_of(char letter);
/// The bytes of a name such as `alpha`, as in `[[:alpha:]]`.
std::optional<Symbols> class_of(std::string_view name);

}  // namespace nginx
