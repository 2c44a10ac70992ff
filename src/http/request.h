// One request as nginx handed it over: views of FastCGI parameters and the body. No parsing of meaning here.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace http {

/// The most bytes of a body that a route takes.
inline constexpr std::size_t kMostBodyBytes = 8192;

/// Everything is a view into the FastCGI request or its body and lives until the answer is sent.
/// Empty means absent, but for `content_length`, where absent and empty are the same to CGI (RFC 3875).
struct Request {
  std::string_view method;
  std::string_view path;  ///< Normalised by nginx, without the query.
  std::string_view query;
  std::string_view content_type;
  std::string_view content_length;
  std::string_view content_encoding;
  std::string_view remote_address;
  std::string_view https;  ///< "on" when the request came over TLS.
  std::string_view request_id;
  std::string_view service_origin;  ///< scheme://host[:port] under which the client reached us.
  std::string_view cookie;
  std::string_view authorization;
  std::string_view origin;
  std::string_view sec_fetch_site;
  std::string_view sec_fetch_mode;
  std::string_view accept;
  std::string_view requested_with;
  std::string_view user_agent;
  std::string_view original_url;  ///< Of the request that a guard asks about.
  std::string_view original_method;
  std::string_view required_group;      ///< Only from nginx's own configuration.
  std::string_view body;                ///< Cut one byte beyond kMostBodyBytes.
  bool has_two_cookie_headers = false;  ///< Which of them counts is unknown.
  bool has_two_authorizations = false;
};

/// FastCGI parameter -> member. Anything else that a peer sends is ignored.
struct RequestParameter {
  std::string_view name;
  std::string_view Request::*member;
};

inline constexpr std::array kRequestParameters{
    RequestParameter{"REQUEST_METHOD", &Request::method},
    RequestParameter{"DOCUMENT_URI", &Request::path},
    RequestParameter{"QUERY_STRING", &Request::query},
    RequestParameter{"CONTENT_TYPE", &Request::content_type},
    RequestParameter{"CONTENT_LENGTH", &Request::content_length},
    RequestParameter{"HTTP_CONTENT_ENCODING", &Request::content_encoding},
    RequestParameter{"REMOTE_ADDR", &Request::remote_address},
    RequestParameter{"HTTPS", &Request::https},
    RequestParameter{"REQUEST_ID", &Request::request_id},
    RequestParameter{"SERVICE_ORIGIN", &Request::service_origin},
    RequestParameter{"HTTP_COOKIE", &Request::cookie},
    RequestParameter{"HTTP_AUTHORIZATION", &Request::authorization},
    RequestParameter{"HTTP_ORIGIN", &Request::origin},
    RequestParameter{"HTTP_SEC_FETCH_SITE", &Request::sec_fetch_site},
    RequestParameter{"HTTP_SEC_FETCH_MODE", &Request::sec_fetch_mode},
    RequestParameter{"HTTP_ACCEPT", &Request::accept},
    RequestParameter{"HTTP_X_REQUESTED_WITH", &Request::requested_with},
    RequestParameter{"HTTP_USER_AGENT", &Request::user_agent},
    RequestParameter{"HTTP_X_ORIGINAL_URL", &Request::original_url},
    RequestParameter{"HTTP_X_ORIGINAL_METHOD", &Request::original_method},
    RequestParameter{"REQUIRED_GROUP", &Request::required_group},
};

/// Takes in one `name=value` parameter. The first of a name wins; a second Cookie or Authorization is noted.
void add_parameter(Request& request, std::string_view name_and_value);

}  // namespace http
