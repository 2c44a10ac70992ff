// $apr1$, the variant of MD5-crypt that Apache's htpasswd makes. Pure function. No library of Debian's
// computes it but that of Apache itself.
#pragma once

#include <string>
#include <string_view>

namespace crypto {

/// The 22 characters that stand behind `$apr1$SALT$`; `salt` has 8 characters at most. Throws runtime_error
/// when OpenSSL fails, as where MD5 is forbidden.
std::string make_apr1_tag(std::string_view password, std::string_view salt);

}  // namespace crypto
