// One request as nginx passed it on: views of the FastCGI parameters and of the body, not interpreted here.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace http {

/// The role in which the web server asks; http/role.h has the table of them.
enum class Role { responder, authorizer, count };

/// The largest body, in bytes, that a route accepts.
inline constexpr std::size_t kMostBodyBytes = 8192;

/// All members are views into the FastCGI request and are valid until the answer is sent. An empty one means
/// that the parameter is absent or empty: CGI does not distinguish the two (RFC 3875 section 4.1).
struct Request {
  Role role = Role::responder;
  std::string_view method;
  std::string_view path;  ///< Without the query; nginx has normalised it.
  std::string_view query;
  std::string_view content_type;
  std::string_view content_type_header;  ///< All lines that the client sent, where nginx joins them.
  std::string_view content_length;
  std::string_view content_encoding;
  std::string_view remote_address;
  std::string_view https;  ///< "on" when the request came over TLS.
  std::string_view request_id;
  std::string_view service_origin;  ///< scheme://host[:port] that the client used to reach the service.
  std::string_view cookie;          ///< Its first line.
  /// Further lines of Cookie, which count as if they were joined by `; ` (RFC 9113, 8.2.3). nginx joins them
  /// itself as nginx/fastcgi.conf.in has it.
  std::vector<std::string_view> further_cookies;
  std::string_view authorization;
  std::string_view origin;
  std::string_view sec_fetch_site;
  std::string_view sec_fetch_mode;
  std::string_view sec_fetch_dest;
  std::string_view accept;
  std::string_view requested_with;
  std::string_view referer;
  std::string_view user_agent;
  std::string_view original_url;  ///< The URL of the request that nginx asks about (GET /verify).
  std::string_view original_method;
  std::string_view forwarded;     ///< Not empty when a proxy says that it asks for somebody else.
  std::string_view passed_on_at;  ///< When nginx passed it on: seconds since 1970, as 1763953200.123.
  // What nginx/guard-location.conf.in and nginx/gateway.conf say of the place that asks; never from the
  // client. Empty over HTTP.
  std::string_view question;        ///< The URI that nginx asks: sessiond/verify, sessiond/verify/GROUP or
                                    ///< sessiond/verify-optional.
  std::string_view guard_mark;      ///< Its own question and what it lets pass; empty without an own include.
  std::string_view required_group;  ///< The value of `$required_group`: names with spaces between them.
  std::string_view access_cookie;   ///< The cookie of the access token that nginx takes away.
  std::string_view preflight;       ///< Not empty for a preflight of CORS.
  std::string_view gateway;         ///< Not empty when the visitor gets the answer as it is (forward_auth).
  // What other servers say of the page about which they ask (http/authorizer.cc).
  std::string_view host;         ///< From the client.
  std::string_view target;       ///< The path as the client sent it, with its query.
  std::string_view scheme;       ///< Where HTTPS is not "on".
  std::string_view apache_role;  ///< AUTHENTICATOR where Apache judges the groups itself.
  std::string_view claim;        ///< The header that says who the user is, as a parameter; empty for none.
  std::string_view body;         ///< At most kMostBodyBytes + 1 bytes; the rest is cut off.
  bool repeats_header = false;   ///< A header that decides occurs twice; which one should count is unknown.
};

/// The member for each FastCGI parameter. All other parameters are ignored, but for claims.
struct RequestParameter {
  std::string_view name;
  std::string_view Request::*member;
  /// A header that must not occur twice, because each reader might believe another one.
  bool decides = false;
};

inline constexpr std::array kRequestParameters{
    RequestParameter{"REQUEST_METHOD", &Request::method},
    RequestParameter{"DOCUMENT_URI", &Request::path},
    RequestParameter{"QUERY_STRING", &Request::query},
    RequestParameter{"CONTENT_TYPE", &Request::content_type},
    RequestParameter{"HTTP_CONTENT_TYPE", &Request::content_type_header, true},
    RequestParameter{"CONTENT_LENGTH", &Request::content_length},
    RequestParameter{"HTTP_CONTENT_ENCODING", &Request::content_encoding, true},
    RequestParameter{"REMOTE_ADDR", &Request::remote_address},
    RequestParameter{"FORWARDED", &Request::forwarded},
    RequestParameter{"HTTPS", &Request::https},
    RequestParameter{"REQUEST_ID", &Request::request_id},
    RequestParameter{"SERVICE_ORIGIN", &Request::service_origin},
    RequestParameter{"HTTP_COOKIE", &Request::cookie},
    RequestParameter{"HTTP_AUTHORIZATION", &Request::authorization, true},
    RequestParameter{"HTTP_ORIGIN", &Request::origin, true},
    RequestParameter{"HTTP_SEC_FETCH_SITE", &Request::sec_fetch_site, true},
    RequestParameter{"HTTP_SEC_FETCH_MODE", &Request::sec_fetch_mode, true},
    RequestParameter{"HTTP_SEC_FETCH_DEST", &Request::sec_fetch_dest},
    RequestParameter{"HTTP_REFERER", &Request::referer},
    RequestParameter{"HTTP_ACCEPT", &Request::accept},
    RequestParameter{"HTTP_X_REQUESTED_WITH", &Request::requested_with, true},
    RequestParameter{"HTTP_USER_AGENT", &Request::user_agent},
    RequestParameter{"HTTP_X_ORIGINAL_URL", &Request::original_url, true},
    RequestParameter{"HTTP_X_ORIGINAL_METHOD", &Request::original_method, true},
    RequestParameter{"QUESTION", &Request::question},
    RequestParameter{"GUARD_MARK", &Request::guard_mark},
    RequestParameter{"ACCESS_COOKIE", &Request::access_cookie},
    RequestParameter{"PREFLIGHT", &Request::preflight},
    RequestParameter{"GATEWAY", &Request::gateway},
    RequestParameter{"REQUIRED_GROUP", &Request::required_group},
    RequestParameter{"PASSED_ON_AT", &Request::passed_on_at},
    RequestParameter{"HTTP_HOST", &Request::host},
    RequestParameter{"REQUEST_URI", &Request::target},
    RequestParameter{"REQUEST_SCHEME", &Request::scheme},
    RequestParameter{"FCGI_APACHE_ROLE", &Request::apache_role},
};

/// Stores one `name=value` parameter; a text without `=` is ignored. Of each name but HTTP_COOKIE the first
/// is kept; a second header that decides sets the member that says so, and a header that claims to say who
/// the user is (http/claims.h), or may claim it by an odd name, the one that names it.
void add_parameter(Request& request, std::string_view name_and_value);

}  // namespace http
