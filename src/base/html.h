// Text in HTML pages. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace base {

/// `text` as character data of HTML, or as an attribute's value in quotes, in ASCII alone: what is neither an
/// ASCII letter or digit nor one of `. _ @ + -` nor a space becomes a numeric character reference. Empty when
/// the text is not UTF-8.
std::string escape_html(std::string_view text);

}  // namespace base
