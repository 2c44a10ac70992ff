// Addresses for mail. A pure function.
#pragma once

#include <string_view>

namespace base {

/// True when the text can be one address for mail: it has one `@` with something before it and a host after
/// it, and nothing that a mail program could take for an option, a header or two addresses.
bool is_email(std::string_view text);

}  // namespace base
