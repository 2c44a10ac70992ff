// Parts of URIs: host names, authorities, percent-encoding (RFC 3986). Pure.
#pragma once

#include <string>
#include <string_view>

namespace base {

/// True for a host name in small letters: letters, digits, dots and hyphens, at most 253 bytes (RFC 1123).
bool is_host(std::string_view text);

/// True for `host` or `host:port`, with such a host: neither user-info nor anything to be decoded.
bool is_authority(std::string_view text);

/// Every byte but the unreserved ones as %XX: one component of a URI (RFC 3986 section 2.3).
std::string encode_uri_component(std::string_view text);

/// Every byte that is not printable ASCII, and `%`, as %XX: fit for a header, and to be decoded again.
std::string encode_header_value(std::string_view text);

}  // namespace base
