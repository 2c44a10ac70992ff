#include "nginx/symbols.h"

#include <array>

namespace nginx {
namespace {

using Fits = bool (*)(char byte);

Symbols make_symbols(Fits fits) {
  Symbols result;
  for (std::size_t byte = 0; byte < 256; ++byte) result[byte] = fits(static_cast<char>(byte));
  return result;
}

bool is_lower(char byte) {
  return byte >= 'a' && byte <= 'z';
}

bool is_upper(char byte) {
  return byte >= 'A' && byte <= 'Z';
}

bool is_space(char byte) {
  return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

bool is_blank(char byte) {
  return byte == ' ' || byte == '\t';
}

struct Kind {
  char letter, opposite;
  Fits fits;
};
constexpr std::array kKinds{Kind{'d', 'D', is_digit}, Kind{'w', 'W', is_of_word}, Kind{'s', 'S', is_space},
                            Kind{'h', 'H', is_blank}};

struct Name {
  std::string_view name;
  Fits fits;
};
constexpr std::array kNames{
    Name{"alpha", is_letter}, Name{"digit", is_digit},
    Name{"space", is_space},  Name{"word", is_of_word},
    Name{"lower", is_lower},  Name{"upper", is_upper},
    Name{"blank", is_blank},  Name{"alnum", [](char byte) { return is_letter(byte) || is_digit(byte); }}};

}  // namespace

Symbols any_byte() {
  return make_symbols([](char) { return true; });
}

Symbols only(std::size_t symbol) {
  Symbols result;
  result.set(symbol);
  return result;
}

Symbols only(char byte) {
  return only(static_cast<std::size_t>(static_cast<unsigned char>(byte)));
}

Symbols but(const Symbols& symbols) {
  return ~symbols & any_byte();
}

Symbols with_both_cases(Symbols symbols) {
  for (std::size_t lower = 'a'; lower <= 'z'; ++lower) {
    const auto upper = lower - 'a' + 'A';
    symbols[lower] = symbols[upper] = symbols[lower] || symbols[upper];
  }
  return symbols;
}

bool is_letter(char byte) {
  return is_lower(byte) || is_upper(byte);
}

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

bool is_of_word(char byte) {
  return is_letter(byte) || is_digit(byte) || byte == '_';
}

std::optional<Symbols> kind_of(char letter) {
  for (const auto& row : kKinds) {
    if (row.letter == letter) return make_symbols(row.fits);
    if (row.opposite == letter) return but(make_symbols(row.fits));
  }
  return std::nullopt;
}

std::optional<char> control_of(char letter) {
  constexpr std::string_view kLetters = "tnrfae";
  constexpr std::string_view kBytes = "\t\n\r\f\a\x1b";
  const auto place = kLetters.find(letter);
  return place == std::string_view::npos ? std::nullopt : std::optional(kBytes[place]);
}

std::optional<Symbols> class_of(std::string_view name) {
  for (const auto& row : kNames)
    if (row.name == name) return make_symbols(row.fits);
  return std::nullopt;
}

}  // namespace nginx
