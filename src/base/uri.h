// Parts of URIs: host names, authorities, percent-encoding (RFC 3986). Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace base {

/// True for 1 to 253 lower-case letters, digits, dots, hyphens and underscores: the characters and length of
/// a host name (RFC 1123), and the underscore, which names within a network have and browsers take.
bool is_host(std::string_view text);

/// True for `host` or `host:port` where is_host() accepts the host and the port is 1 to 65535. So the text
/// has neither user information nor percent-encoding.
bool is_authority(std::string_view text);

/// The host of an authority or of an origin (`scheme://host[:port]`). A view into `text`.
std::string_view host_of(std::string_view text);

/// An origin as browsers write it: without the port that its scheme has anyway, 80 or 443 (RFC 6454 section
/// 6.2). A view into `origin`.
std::string_view without_default_port(std::string_view origin);

/// True for the names and IPv4 addresses of this very machine, which a browser reaches without a network:
/// localhost, what is below it (RFC 6761 section 6.3), and 127.0.0.0/8.
bool is_loopback(std::string_view host);

/// `text` as one component of a URI: every byte except the unreserved characters becomes %XX (RFC 3986
/// section 2.3).
std::string encode_uri_component(std::string_view text);

/// `text` as the value of a header: every byte that is not printable ASCII, and `%`, becomes %XX.
/// Percent-decoding gives the text again.
std::string encode_header_value(std::string_view text);

}  // namespace base
