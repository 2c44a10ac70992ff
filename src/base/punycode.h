// Punycode, in which host names in ASCII write letters of other alphabets (RFC 3492). Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace base {

/// `host` with each part that begins with `xn--` in UTF-8, as people read it: xn--p1ai is рф. What is no
/// Punycode stays as it is.
std::string decode_host(std::string_view host);

}  // namespace base
