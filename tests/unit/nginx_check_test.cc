// nginx/check: what each rule finds, and that it finds nothing in what docs/nginx.md says in its place.
// The parts of the service are short stand-ins here; tests/integration/check.bats has the real ones, as
// a real nginx prints them.
#include "nginx/check.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

constexpr std::string_view kParts = R"(
# configuration file /n/sessiond/http.conf:
upstream sessiond_check { server unix:/run/check.sock; }
upstream sessiond_verify { server unix:/run/check.sock; }
map $http_x_forwarded_proto $sessiond_scheme { default $scheme; }
log_format sessiond '{"path":"$sessiond_raw_path","status":$status}';
# configuration file /n/sessiond/server.conf:
limit_req zone=sessiond_login;
limit_conn sessiond_connections 100;
location / { rewrite ^ /_sessiond/$sessiond_place last; }
location = /_sessiond/check { internal; fastcgi_pass sessiond_check; }
location = /_sessiond/page { internal; root /n/sessiond/pages; ssi on; }
# configuration file /n/sessiond/guard-location.conf:
if ($uri ~ ^sessiond/verify) { break; }
set $sessiond_guarded 1;
limit_req zone=sessiond_stray_subrequests;
location ^~ sessiond/verify { internal; fastcgi_pass sessiond_verify; fastcgi_param DOCUMENT_URI /verify; }
location @sessiond_login { return 401; }
# configuration file /n/sessiond/guard.conf:
if ($sessiond_guarded != 1) { return 500; }
set $sessiond_marked "basic=$sessiond_basic";
set $sessiond_basic "";
auth_request sessiond/verify;
error_page 401 = @sessiond_login;
fastcgi_param REMOTE_USER $sessiond_user;
uwsgi_param REMOTE_USER $sessiond_user;
proxy_set_header Remote-User $sessiond_user;
proxy_set_header X-Forwarded-For "";
# configuration file /n/sessiond/guard-optional.conf:
if ($sessiond_guarded != 1) { return 500; }
auth_request sessiond/verify-optional;
fastcgi_param REMOTE_USER $sessiond_user;
uwsgi_param REMOTE_USER $sessiond_user;
proxy_set_header Remote-User $sessiond_user;
proxy_set_header X-Forwarded-For "";
# configuration file /n/sessiond/open.conf:
auth_request off;
if ($sessiond_claim) { return 403; }
set $sessiond_captured $sessiond_captures;
set $sessiond_cookies $sessiond_other_cookies;
fastcgi_param REMOTE_USER "";
fastcgi_param HTTP_COOKIE $sessiond_cookies;
uwsgi_param REMOTE_USER "";
uwsgi_param HTTP_COOKIE $sessiond_cookies;
proxy_set_header Remote-User "";
proxy_set_header Remote-Name "";
proxy_set_header Remote-Groups "";
proxy_set_header X-Auth-Request-User "";
proxy_set_header X-Auth-Request-Groups "";
proxy_set_header X-Auth-Request-Preferred-Username "";
proxy_set_header Cookie $sessiond_cookies;
# configuration file /n/sessiond/group/staff.conf:
if ($sessiond_guarded != 1) { return 500; }
auth_request sessiond/verify/staff;
fastcgi_param REMOTE_USER $sessiond_user;
uwsgi_param REMOTE_USER $sessiond_user;
proxy_set_header Remote-User $sessiond_user;
proxy_set_header X-Forwarded-For "";
# configuration file /n/fastcgi_params:
fastcgi_param QUERY_STRING $query_string;
fastcgi_param REMOTE_USER $remote_user;
)";

/// `text` with each word of an abbreviation in its place.
std::string spell_out(std::string text) {
  for (const auto& [word, meaning] :
       {std::pair<std::string_view, std::string_view>{"FIRST", "include sessiond/guard-location.conf;"},
        {"GUARD", "include sessiond/guard.conf;"},
        {"OPTIONAL", "include sessiond/guard-optional.conf;"},
        {"STAFF", "include sessiond/group/staff.conf;"},
        {"OPEN", "include sessiond/open.conf;"},
        {"APP", "proxy_pass http://127.0.0.1:3000;"},
        {"PHP", "fastcgi_pass unix:/run/php.sock;"},
        {"NOBODY",
         "proxy_set_header Remote-User \"\"; proxy_set_header Remote-Name \"\"; proxy_set_header "
         "Remote-Groups \"\"; "
         "proxy_set_header X-Auth-Request-User \"\"; proxy_set_header X-Auth-Request-Groups \"\"; "
         "proxy_set_header X-Auth-Request-Preferred-Username \"\";"}})
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + meaning.size()))
      text.replace(at, word.size(), meaning);
  return text;
}

/// What is said in no block `http` counts nowhere, and has each part included, as a text of nginx has.
nginx::Config parse(std::string_view http, std::string_view more = "") {
  return nginx::parse_config(
      spell_out("# configuration file /n/nginx.conf:\nhttp {\n" + std::string(http) +
                "\n}\nunused { include sessiond/*.conf; include sessiond/group/*; include fastcgi_params; " +
                "include /m/sessiond/*; }\n" + std::string(kParts) + std::string(more)));
}

/// The names of the rules that find something, each once, and the fault if there is one.
std::string found_in(std::string_view http, std::string_view more = "") {
  const auto config = parse(http, more);
  if (!config.fault.empty()) return config.fault;
  std::set<std::string_view> names;
  for (const auto& finding : nginx::check(config)) names.insert(finding.rule);
  std::string text;
  for (const auto name : names) text.append(text.empty() ? "" : " ").append(name);
  return text;
}

std::string with_http(std::string_view servers) {
  return "include sessiond/http.conf;\n" + std::string(servers);
}

/// A rule, what it finds, and the same as docs/nginx.md has it. Both are the inside of a server, after its
/// guard-location.
struct Row {
  std::string_view rule, wrong, right;
};

constexpr Row kInServer[] = {
    {"late-guard", "location / { rewrite ^ /x break; GUARD }",
     "location / { set $required_group a; GUARD rewrite ^ /x break; }"},
    {"late-guard", "location / { if ($arg_x) { return 200; } GUARD }",
     "location / { if ($arg_x) { return 404; } GUARD }"},
    {"own-answer", "location / { GUARD return 200 x; }", "location / { GUARD return 302 /x; }"},
    {"own-answer", "location / { GUARD if ($arg_x) { return 203 x; } }", "location / { return 200 x; }"},
    {"own-answer", "location / { GUARD if ($request_method = OPTIONS) { return 200; } }",
     "location / { GUARD if ($request_method = OPTIONS) { return 204; } }"},
    {"early-error-page", "location / { error_page 401 = @x; GUARD }",
     "location / { error_page 404 /x; GUARD error_page 403 /y; }"},
    {"misspelt", "location / { set $required_groups staff; GUARD }",
     "location / { set $required_group staff; GUARD }"},
    {"misspelt", "location / { set $requierd_group staff; GUARD }", "location / { set $group staff; GUARD }"},
    {"misspelt", "set $sessiond_require_group staff; location / { GUARD }",
     "location / { GUARD set $a staff; }"},
    {"misspelt", "location / { set $sesiond_basic pass; GUARD }",
     "location / { set $sessiond_basic pass; GUARD }"},
    {"bare-nested", "location / { GUARD location /a/ { } }", "location / { GUARD location /a/ { GUARD } }"},
    {"bare-nested", R"(location / { OPTIONAL location ~ \.php$ { PHP } })",
     "location / { STAFF location /a/ { } }"},
    {"nested-list", "location / { STAFF location /a/ { proxy_set_header Host a; APP } }",
     "location / { STAFF location /a/ { APP } }"},
    {"nested-list", "GUARD location /a/ { proxy_set_header Host a; APP }", "GUARD location /a/ { APP }"},
    {"optional-way", R"(location /a/ { GUARD } location ~ \.php$ { OPEN PHP })",
     R"(location /a/ { GUARD } location ~ ^/a/b\.php$ { OPEN PHP })"},
    {"optional-way", R"(location /a/ { GUARD } location ~* \.png$ { OPEN })",
     R"(location ^~ /a/ { GUARD } location ~* \.png$ { OPEN })"},
    {"optional-way", "location / { GUARD try_files $uri @a; } location @a { OPEN APP }",
     "location / { OPEN try_files $uri @a; } location @a { OPEN APP }"},
    {"optional-way",
     "location / { GUARD rewrite ^/b/(.*)$ /a/$1 last; } location /a/ { OPEN internal; alias /b/; }",
     "location / { GUARD location /a/ { OPEN APP } }"},
    {"same-files", "location /b/ { GUARD alias /a/; } location /c/ { OPEN alias /a/; }",
     "GUARD location /b/ { alias /a/; } location /c/ { OPEN alias /b/; }"},
    {"bare-named",
     "location / { GUARD try_files $uri /index.php$is_args$args; } location = /index.php { PHP }",
     "location / { GUARD try_files $uri /index.php$is_args$args; } location = /index.php { GUARD PHP }"},
    {"bare-named", "location / { GUARD rewrite ^ /a/index.php last; } location ^~ /a/ { PHP }",
     "location / { GUARD rewrite ^ /a/index.php last; } location ^~ /a/ { GUARD PHP }"},
    {"bare-named", "location / { GUARD error_page 404 = /index.php; } location /index.php { PHP }",
     "location / { GUARD error_page 404 = /404.html; } location /404.html { }"},
    {"bare-named", "location / { GUARD try_files $uri @a; } location @a { APP }",
     "location / { GUARD try_files $uri @a; } location @a { GUARD APP }"},
    {"bare-named", "location / { GUARD error_page 404 = @a; } location @a { root /b; }",
     "location / { GUARD error_page 404 = @a; } location @a { return 404; }"},
    {"bare-script", R"(location / { GUARD } location ~ \.php$ { PHP })",
     R"(location / { GUARD } location ~ \.php$ { fastcgi_param REMOTE_USER ""; PHP })"},
    {"bare-script", R"(location / { GUARD } location ~\.php$ { PHP })",
     R"(location / { GUARD } location ^~/a.php { PHP })"},
    {"bare-script", R"(location /a/ { GUARD } location ~ ^/a/.*\.php { PHP })",
     R"(location /a/ { GUARD } location ~ ^/b/.*\.php { PHP })"},
    {"bare-files", R"(location / { GUARD } location ~* \.png$ { expires 1d; })",
     R"(location / { GUARD } location ~* \.png$ { OPTIONAL })"},
    {"bare-files", R"(location / { GUARD } location ~*\.png$ { })",
     "location ^~/ { GUARD } location ~ ^/(a|b) { }"},
    {"bare-files", "location / { GUARD } location ~ ^/(a|b) { }",
     "location ^~ / { GUARD } location ~ ^/(a|b) { }"},
    {"bare-script", R"(location / { location /a/ { GUARD } } location ~ \.php$ { PHP })",
     R"(location ^~ / { location /a/ { GUARD } } location ~ \.php$ { PHP })"},
    {"bare-script", R"(location / { location ^~ /a/ { GUARD } } location ~ \.php$ { PHP })",
     R"(location / { location = /a.php { GUARD } } location ~ \.php$ { PHP })"},
    {"bare-script", R"(location ~ \.php$ { PHP } location ~ ^/a/ { GUARD })",
     R"(location ~ ^/a/ { GUARD } location ~ \.php$ { PHP })"},
    {"bare-script", R"(location /a/ { GUARD } location ~* ^/A/.*\.php$ { PHP })",
     R"(location /a/ { GUARD } location ~ ^/A/.*\.php$ { PHP })"},
    {"bare-script",
     R"(location /a/ { GUARD } location ~ ^\/a\/b\.php$ { PHP } location ~* ^/A/b { return 204; })",
     R"(location /a/ { GUARD } location ~* ^/A/b { return 204; } location ~ ^\/a\/b\.php$ { PHP })"},
    {"bare-script", R"(location /a/ { GUARD } location ~ ^/(b|a)/.*\.php$ { PHP })",
     R"(location /a/ { GUARD } location ~ ^/(b|c)/.*\.php$ { PHP })"},
    {"bare-script",
     R"(location /a/ { GUARD } location ~ ^/a/b\.php$ { GUARD PHP } location ~ \.php$ { PHP root /b; })",
     R"(location /a/ { GUARD } location ~ ^/a/.*\.php$ { GUARD PHP } location ~ \.php$ { PHP root /b; })"},
    {"bare-script",
     R"(location /a/ { GUARD } location ~ \.php$ { PHP location ~ ^/a/b { GUARD PHP root /c; } })",
     R"(location /a/ { GUARD } location ~ \.php$ { PHP location ~ ^/a/ { STAFF } })"},
    {"bare-script", R"(location = /a.php { GUARD } location ~ \.php(/|$) { PHP })",
     R"(location = /a.php { GUARD } location ~ \.php$ { PHP deny all; })"},
    {"bare-files", R"(location ~ \.(css|pdf)$ { } location ~ \.pdf$ { GUARD })",
     R"(location ~ \.(css|js)$ { } location ~ \.pdf$ { GUARD })"},
    {"bare-files", "location ^~ /a/ { } location ~ ^/a/b/ { GUARD }",
     "location ^~ /a/b/ { } location ~ ^/a/ { GUARD }"},
    {"optional-way", R"(location / { OPTIONAL } location /a/ { GUARD } location ~ \.txt$ { OPTIONAL })",
     R"(location / { OPTIONAL } location ^~ /a/ { GUARD } location ~ \.txt$ { OPTIONAL })"},
    {"optional-way", R"(location / { OPTIONAL } location /a/ { GUARD } location ~ \.php$ { OPTIONAL PHP })",
     R"(location / { OPTIONAL } location /a/ { GUARD } location ~ ^/a/b\.php$ { OPTIONAL PHP })"},
    {"optional-way", "location / { GUARD try_files $uri @a; } location @a { OPTIONAL APP }",
     "location / { OPTIONAL try_files $uri @a; } location @a { OPTIONAL APP }"},
    {"bare-named", "location / { GUARD error_page 418 = /a; } location = /a { internal; APP }",
     "location / { GUARD error_page 404 /a; } location = /a { internal; root /a; }"},
    {"bare-named", "location / { GUARD rewrite ^/b/(.*)$ /a/$1 last; } location /a/ { internal; alias /b/; }",
     "location / { GUARD rewrite ^/b/(.*)$ /a/$1 last; } location /a/ { GUARD internal; alias /b/; }"},
    {"same-program",
     "location / { GUARD APP } location /api/ { proxy_pass http://127.0.0.1:3000$request_uri; }",
     "location / { GUARD APP } location /api/ { GUARD proxy_pass http://127.0.0.1:3000$request_uri; }"},
    {"same-program",
     "location / { GUARD proxy_pass http://127.0.0.1:3000${request_uri}; } location /api/ { APP }",
     "location / { GUARD APP } location /api/ { proxy_pass http://127.0.0.1:3001$request_uri; }"},
    {"same-program",
     "location / { GUARD APP } location /a/ { try_files $uri /b/c; } location /b/ { internal; APP }",
     "location / { GUARD APP } location /a/ { try_files $uri /c/c; } location /b/ { internal; APP }"},
    {"same-program", "location / { GUARD APP } rewrite ^/x /b/c; location /b/ { internal; APP }",
     "location / { GUARD APP } rewrite ^/x /b/c break; location /b/ { internal; APP }"},
    {"same-files",
     "location /p/ { GUARD root /a; } location /d/ { rewrite ^/d/(.*)$ /i/$1; } "
     "location /i/ { internal; alias /a/p/; }",
     "location /p/ { GUARD root /a; } location /d/ { rewrite ^/d/(.*)$ /i/$1 redirect; } "
     "location /i/ { internal; alias /a/p/; }"},
    {"bare-script", R"(location / { GUARD } location ~ \.php$ { break; return 403; PHP })",
     R"(location / { GUARD } location ~ \.php$ { if ($arg_x) { return 404; } return 403; PHP })"},
    {"bare-script", R"(break; return 403; location / { GUARD } location ~ \.php$ { PHP })",
     R"(return 403; location / { GUARD } location ~ \.php$ { PHP })"},
    {"bare-script", R"(rewrite ^ /a.php; location / { GUARD } location ~ \.php$ { PHP })",
     R"(rewrite ^ /a.php permanent; location / { GUARD } location ~ \.php$ { PHP })"},
    {"bare-script", R"(rewrite ^/a /a.php last; return 403; location / { GUARD } location ~ \.php$ { PHP })",
     R"(rewrite ^/a /a.php; return 403; location / { GUARD } location ~ \.php$ { PHP })"},
    {"bare-script", R"(location / { GUARD } location ~ \.php$ { allow 192.0.2.1; deny all; PHP })",
     R"(location / { GUARD } location ~ \.php$ { deny all; allow 192.0.2.1; PHP })"},
    {"bare-script", R"(location / { GUARD } location ~ \.php$ { satisfy any; deny all; auth_basic x; PHP })",
     R"(location / { GUARD } location ~ \.php$ { deny all; auth_basic x; PHP })"},
    {"switched-off", "GUARD location / { auth_request off; root /a; }",
     "GUARD location / { auth_request off; deny all; }"},
    {"limit-except", "location / { GUARD limit_except GET { allow all; } }",
     "location / { GUARD limit_except GET { deny all; } }"},
    {"same-program", "location / { GUARD APP } location /a/ { APP }",
     "location / { GUARD APP } location /a/ { OPEN APP }"},
    {"passed-session", "location / { GUARD APP } location /a/ { NOBODY APP }",
     "location / { GUARD APP } location /a/ { OPEN proxy_set_header Host a; APP }"},
    {"passed-session",
     "location / { GUARD APP } location /a/ { NOBODY proxy_set_header Cookie $http_cookie; APP }",
     "location / { GUARD APP } location /a/ { NOBODY proxy_set_header Cookie $sessiond_other_cookies; APP }"},
    {"passed-session",
     "location / { GUARD APP } location /a/ { OPEN proxy_set_header Cookie a=$http_cookie; APP }",
     R"(location / { GUARD APP } location /a/ { OPEN set $sessiond_cookies "a=1; $sessiond_cookies"; APP })"},
    {"passed-session", R"(location / { GUARD PHP } location /a/ { fastcgi_param REMOTE_USER ""; PHP })",
     "location / { GUARD PHP } location /a/ { include fastcgi_params; OPEN PHP }"},
    {"passed-session", R"(location / { GUARD PHP } location /a/ { fastcgi_param REMOTE_USER ""; PHP })",
     R"(location / { GUARD PHP } location /a/ { fastcgi_param REMOTE_USER ""; fastcgi_param HTTP_COOKIE ""; PHP })"},
    {"passed-session", "location / { GUARD APP } location /a/ { NOBODY APP }",
     "location / { GUARD APP } location /a/ { NOBODY proxy_pass_request_headers off; APP }"},
    {"passed-session", "location / { GUARD APP } location /a/ { NOBODY APP }",
     "location / { GUARD APP } location /a/ { NOBODY proxy_pass http://127.0.0.1:3001; }"},
    {"same-program", "location / { GUARD PHP } location /a/ { OPEN include fastcgi_params; PHP }",
     "location / { GUARD PHP } location /a/ { include fastcgi_params; OPEN PHP }"},
    {"same-program", R"(location / { GUARD APP } location /a/ { proxy_set_header Remote-User ""; APP })",
     "location / { GUARD APP } location /a/ { OPTIONAL APP }"},
    {"same-program", R"(location / { GUARD APP } location /a/ { proxy_set_header X-User-Lang ""; APP })",
     "location / { GUARD APP } location /a/ { OPEN proxy_set_header X-User-Lang de; APP }"},
    {"same-program", "location / { GUARD APP } location /a/ { OPEN proxy_set_header remote_user a; APP }",
     R"(location / { GUARD APP } location /a/ { OPEN proxy_set_header remote_user ""; APP })"},
    {"same-program", "location / { GUARD APP } location /a/ { allow 192.0.2.1; deny all; APP }",
     "location / { GUARD APP } location /a/ { deny 192.0.2.1; deny all; APP }"},
    {"same-program", "location / { GUARD APP } location /a/ { proxy_pass http://LocalHost:3000; }",
     "location / { GUARD APP } location /a/ { proxy_pass http://unix:/Run/a.sock; }"},
    {"same-program",
     "location / { GUARD proxy_pass http://unix:/run/a.sock; } location /a/ { proxy_pass "
     "http://unix:///run/./a.sock:/b; }",
     "location / { GUARD proxy_pass http://unix:/run/a.sock; } location /a/ { proxy_pass "
     "http://unix:/run/A.sock; }"},
    {"path-above", "location /a { alias /b/; } location /c/ { GUARD }",
     "location /a { alias /b; } location /a/ { alias /b/; } location = /d { alias /b/; } location /c/ { "
     "GUARD }"},
    {"path-above", "set $b /b; location ^~ /a { alias $b/; } location /c/ { GUARD }",
     "location ~ ^/a { alias /b/; } location ^~ /c/ { GUARD }"},
    {"path-above", "location / { GUARD APP } location /a { OPTIONAL proxy_pass http://127.0.0.1:3000/a/; }",
     "location / { GUARD APP } location /a { OPTIONAL proxy_pass http://127.0.0.1:3000/a; }"},
    {"path-above", "location / { STAFF APP } location /a { GUARD proxy_pass http://127.0.0.1:3000/; }",
     "location / { STAFF APP } location /a { GUARD proxy_pass http://127.0.0.1:3001/; }"},
    {"same-program", "location / { GUARD APP } location /a/ { proxy_pass http://localhost:3000/b; }",
     "location / { GUARD APP } location /a/ { proxy_pass http://localhost:3001; }"},
    {"same-program", "set $a x; location / { GUARD PHP } location = /a.php { PHP }",
     "set $a x; location / { GUARD PHP root /a; } location = /a.php { PHP root /b; }"},
    {"same-files", "root /a; location /b/ { GUARD } location /c/ { alias /a/b/; }",
     "root /a; location /b/ { GUARD } location /c/ { alias /a/c/; }"},
    {"same-files", "location /b/ { GUARD alias /a/b; } location / { root /a/b; }",
     "location /b/ { GUARD root /a; } location / { root /a; }"},
    {"same-files", "set $b /a; location /b/ { GUARD root $b; } location /c/ { alias ${b}/b/; }",
     "set $b /a; location /b/ { GUARD root $b; } location /c/ { alias ${b}/c/; }"},
    {"same-files", "location /b/ { GUARD alias /a/b/; } location /c/ { alias /a/./c/..//b/; }",
     "location /b/ { GUARD alias /a/b/; } location /c/ { alias /a/b/../c/; }"},
    {"same-files", "location /b/ { GUARD alias /a/; } location /c/ { OPTIONAL alias /a/; }",
     "location /b/ { GUARD alias /a/; } location /c/ { GUARD alias /a/; }"},
    {"same-files", "location /b/ { STAFF alias /a/; } location /c/ { GUARD alias /a/; }",
     "location /b/ { STAFF alias /a/; } location /c/ { set $required_group a; GUARD alias /a/; }"},
    {"part-of-files", "root /a; location /b/ { GUARD } location /c/ { rewrite ^/c/(.*)$ /b/$1 break; }",
     "root /a; location /b/ { GUARD } location /c/ { rewrite ^/c/(.*)$ /d/$1 break; }"},
    {"part-of-files",
     "root /a; location /b/ { GUARD } location ~ ^/c/(?<f>[a-z]+)$ { try_files /b/$f =404; }",
     "root /a; location /b/ { GUARD } location ~ ^/c/(?<f>[a-z]+)$ { try_files /d/$f $uri =404; }"},
    {"part-of-files", "location /b/ { GUARD root /a; } location ~ ^/c/([a-z]+)$ { alias /a/b/$1; }",
     "location /b/ { GUARD root /a; } location ~ ^/c/([a-z]+)$ { alias /a/d/$1; }"},
    {"part-of-files", "location / { GUARD root /a; } location /b/ { alias /a/c/; }",
     "location / { GUARD root /a; } location /b/ { alias /a/b/; }"},
    {"open-port", "location / { GUARD proxy_pass http://192.0.2.1:80; }",
     "location / { GUARD proxy_pass http://unix:/a.sock:/b; }"},
    {"open-port", "location / { GUARD fastcgi_pass app:9000; }",
     "location / { GUARD proxy_pass http://[::1]:80; }"},
    {"lost-group", "location / { STAFF location /a/ { GUARD } }",
     "location / { STAFF location /a/ { STAFF } }"},
    {"lost-group", "location / { set $required_group a; GUARD try_files $uri @a; } location @a { GUARD APP }",
     "location / { set $required_group a; GUARD try_files $uri @a; } location @a { STAFF APP }"},
    {"better-without-group", R"(location / { STAFF } location ~ \.php$ { GUARD PHP })",
     R"(location / { STAFF } location ~ \.php$ { set $required_group a; GUARD PHP })"},
    {"better-without-group", R"(location / { GUARD location /a/ { STAFF } } location ~ \.txt$ { GUARD })",
     R"(location / { GUARD location = /a.txt { STAFF } } location ~ \.txt$ { GUARD })"},
    {"lost-group", "location / { STAFF try_files $uri /a; } location = /a { internal; GUARD APP }",
     "location / { STAFF try_files $uri /a; } location = /a { internal; STAFF APP }"},
    {"better-without-group", R"(location = /admin.php { STAFF PHP } location ~ \.php(/|$) { GUARD PHP })",
     R"(location ~ ^/admin\.php(/|$) { STAFF PHP } location ~ \.php(/|$) { GUARD PHP })"},
    {"better-without-group", R"(location = /a.php { STAFF PHP } location ~* ^.+\.php$ { GUARD PHP })",
     R"(location = /a.php { STAFF PHP } location ~ ^/b/.*\.php$ { GUARD PHP })"},
    {"wrong-group", "location / { set $required_group a,b; GUARD }",
     R"(location / { set $required_group "a b"; GUARD })"},
    {"wrong-group", R"(location / { set $required_group " "; GUARD })",
     "location / { set $required_group $a; GUARD }"},
    {"group-for-all", "location / { set $required_group a; OPTIONAL }", "location / { OPTIONAL }"},
    {"late-say", "location / { GUARD set $sessiond_bearer pass; }",
     "location / { set $sessiond_bearer pass; GUARD }"},
    {"wrong-say", "location / { set $sessiond_cors on; GUARD }",
     "location / { set $sessiond_cors pass; GUARD }"},
    {"preflights-of-server", "set $sessiond_cors pass; GUARD location / { }",
     "GUARD location / { set $sessiond_cors pass; GUARD }"},
    {"refused-subrequests", "location / { GUARD mirror /m; }",
     "location / { set $sessiond_subrequests on; GUARD mirror /m; }"},
    {"refused-subrequests", "location / { GUARD ssi on; }", "location / { GUARD ssi off; mirror off; }"},
    {"satisfy-any", "satisfy any; location / { GUARD }", "satisfy any; location / { satisfy all; GUARD }"},
    {"basic", "auth_basic x; location / { GUARD }",
     "auth_basic x; location / { set $sessiond_basic pass; GUARD }"},
    {"basic-name", "location / { set $sessiond_basic pass; GUARD include fastcgi_params; PHP }",
     "location / { set $sessiond_basic pass; include fastcgi_params; GUARD PHP }"},
    {"late-list", "location / { GUARD include fastcgi_params; PHP }",
     "location / { include fastcgi_params; GUARD PHP }"},
    {"late-list", "location / { GUARD fastcgi_param REMOTE_USER $a; PHP }",
     "location / { GUARD include fastcgi_params; fastcgi_param REMOTE_USER $sessiond_user; PHP }"},
    {"lost-list", "proxy_set_header Host $host; location / { GUARD APP }",
     "proxy_set_header Host $host; location / { GUARD proxy_set_header host $host; APP }"},
    {"lost-list", "include fastcgi_params; location / { GUARD PHP }",
     "include fastcgi_params; location / { GUARD APP }"},
    {"passed-claim", "location / { GUARD proxy_set_header X-Forwarded-User $http_x_forwarded_user; APP }",
     "location / { GUARD proxy_set_header X-Forwarded-User $sessiond_user; APP }"},
    {"passed-claim", "location / { GUARD fastcgi_param HTTP_X_MY_USER $arg_user; PHP }",
     "location / { GUARD proxy_set_header User-Agent $http_user_agent; APP }"},
    {"passed-claim",
     "location / { GUARD set $me nobody; if ($http_x_me) { set $me bob; } "
     "proxy_set_header X-My-User $me; APP }",
     "location / { GUARD set $me nobody; if ($arg_x) { set $you bob; } proxy_set_header X-My-User "
     "$me; APP }"},
    {"passed-claim",
     "location / { set $sessiond_basic pass; GUARD proxy_set_header X-My-User $remote_user; APP }",
     "location / { GUARD proxy_set_header X-My-User $remote_user; APP }"},
    {"passed-claim", "location / { GUARD proxy_set_header X-My-User-Name $cookie_a; APP }",
     "location / { GUARD proxy_set_header X-User-Lang $cookie_lang; APP }"},
    {"passed-credentials", R"(location / { GUARD proxy_set_header Cookie "${http_cookie}"; APP })",
     "location / { GUARD proxy_set_header Cookie lang=$cookie_lang; APP }"},
    {"passed-credentials", R"(location / { GUARD proxy_set_header Cookie "$http_cookie; lang=de"; APP })",
     R"(location / { GUARD proxy_set_header Cookie "$sessiond_cookies; lang=de"; APP })"},
    {"passed-credentials", "set $all $http_cookie; location / { GUARD proxy_set_header Cookie $all; APP }",
     "set $all $http_cookies; location / { GUARD proxy_set_header Cookie $all; APP }"},
    {"passed-credentials", "location / { GUARD proxy_set_header Cookie $http_cookie; APP }",
     "location / { GUARD proxy_set_header Cookie $sessiond_cookies; APP }"},
    {"told-twice", "location / { GUARD proxy_set_header remote-user x$sessiond_user; APP }",
     R"(location / { GUARD auth_request_set $sessiond_user "x$sessiond_user"; APP })"},
    {"told-twice", "location / { proxy_set_header Remote-User root; GUARD APP }",
     R"(location / { proxy_set_header Remote-User ""; proxy_set_header X-Forwarded-For $remote_addr; GUARD APP })"},
    {"early-words", "location / { auth_request_set $sessiond_user root; GUARD APP }",
     "location / { GUARD auth_request_set $sessiond_user root; APP }"},
    {"early-words", "location / { set $sessiond_cookies a=1; GUARD APP }",
     "location / { set $cookies a=1; GUARD auth_request_set $sessiond_cookies $cookies; APP }"},
    {"passed-claim", "location / { GUARD auth_request_set $sessiond_user $http_x_me; APP }",
     "location / { GUARD auth_request_set $me $http_x_me; APP }"},
    {"passed-claim", "location / { GUARD auth_request_set $sessiond_name $arg_a; APP }",
     R"(location / { GUARD auth_request_set $sessiond_name "the $sessiond_name"; APP })"},
    {"passed-credentials", "location / { GUARD auth_request_set $sessiond_cookies $http_cookie; APP }",
     R"(location / { GUARD auth_request_set $sessiond_cookies "a=1; $sessiond_cookies"; APP })"},
    {"passed-credentials",
     "location / { GUARD auth_request_set $sessiond_authorization $http_authorization; APP }",
     R"(location / { GUARD auth_request_set $sessiond_authorization "Basic x"; APP })"},
    {"early-user", "location / { GUARD if ($sessiond_user = eve) { return 403; } APP }",
     "location / { GUARD if ($remote_addr = 192.0.2.1) { return 403; } proxy_set_header X-Me $sessiond_user; "
     "APP }"},
    {"early-user", "location / { GUARD set $me ${sessiond_user}; proxy_set_header X-Me $me; APP }",
     "location / { GUARD auth_request_set $me ${sessiond_user}; proxy_set_header X-Me $me; APP }"},
    {"early-user", "if ($sessiond_groups !~ staff) { return 403; } location / { GUARD APP }",
     "location / { STAFF APP }"},
    {"early-user", "location / { GUARD if ($arg_me) { rewrite ^ /home/$sessiond_user last; } APP }",
     "location / { GUARD if ($arg_me) { rewrite ^ /home/$arg_me last; } APP }"},
    {"early-user", "location / { GUARD return 302 /home/$sessiond_name; }",
     "location / { GUARD try_files $uri @home; } location @home { return 302 /home/$sessiond_user; }"},
    {"early-user",
     "location / { GUARD error_page 403 /no; APP } location = /no { GUARD return 403 $sessiond_user; }",
     "location / { GUARD error_page 404 /no; APP } location = /no { internal; GUARD return 403 "
     "$sessiond_user; }"},
    {"cache", "location / { GUARD proxy_cache a; APP }",
     R"(location / { GUARD proxy_cache a; proxy_cache_key "$sessiond_user $uri"; APP })"},
    {"cache", R"(location / { GUARD proxy_cache a; proxy_cache_key "$sessiond_user$http_host$uri"; APP })",
     R"(location / { GUARD proxy_cache a; proxy_cache_key "$sessiond_user|$http_host$uri"; APP })"},
    {"cache", "location / { GUARD proxy_cache a; proxy_cache_key $sessiond_username; APP }",
     "location / { GUARD proxy_cache a; proxy_cache_key $sessiond_user; APP }"},
    {"cache", "location / { GUARD proxy_cache a; proxy_cache_key ${sessiond_user}-$uri; APP }",
     "location / { GUARD proxy_cache a; proxy_cache_key ${sessiond_user}:$uri; APP }"},
    {"cache", R"(location / { GUARD proxy_cache a; proxy_cache_key "$uri $sessiond_user"; APP })",
     R"(location / { proxy_cache a; APP } location /g/ { GUARD root /a; })"},
    {"cache", "location / { GUARD proxy_store on; APP }",
     "proxy_store on; location / { GUARD proxy_store off; APP }"},
    {"cache", "uwsgi_store /a$uri; location / { GUARD uwsgi_pass unix:/run/a; }",
     "location / { GUARD fastcgi_store off; PHP }"},
    {"cache", "fastcgi_cache a; location / { GUARD PHP }",
     "fastcgi_cache a; location / { fastcgi_cache off; GUARD PHP }"},
    {"old-websocket", "location / { GUARD proxy_set_header Upgrade $sessiond_upgrade; APP }",
     "proxy_http_version 1.1; location / { GUARD proxy_set_header Upgrade $sessiond_upgrade; APP }"},
    {"passed-upgrade",
     "location / { GUARD APP } location /ws { OPEN proxy_http_version 1.1; proxy_set_header Upgrade "
     "$http_upgrade; APP }",
     "location / { GUARD APP } location /ws { OPEN proxy_http_version 1.1; proxy_set_header Upgrade "
     "$sessiond_upgrade; "
     "APP }"},
    {"passed-upgrade",
     "proxy_http_version 1.1; location / { GUARD proxy_set_header upgrade $http_upgrade; APP }",
     "proxy_http_version 1.1; location / { GUARD proxy_set_header Upgrade websocket; APP }"},
    {"passed-upgrade",
     "proxy_http_version 1.1; GUARD proxy_set_header Upgrade ${http_upgrade}; location / { APP }",
     "proxy_http_version 1.1; location / { proxy_set_header Upgrade $http_upgrade; APP } location /g/ { "
     "GUARD }"},
    {"passed-connection", "location / { OPTIONAL proxy_set_header Connection $http_connection; APP }",
     R"(location / { OPTIONAL proxy_set_header Connection ""; APP })"},
    {"decoded-path", "location / { GUARD proxy_pass http://127.0.0.1:3000$uri; }",
     "location / { GUARD proxy_pass http://127.0.0.1:3000$request_uri; }"},
    {"decoded-path", "location / { GUARD proxy_set_header X-Path ${document_uri}; APP }",
     "location / { GUARD fastcgi_param PATH_INFO $uri; PHP }"},
    {"decoded-path", "location / { NOBODY proxy_pass http://127.0.0.1:3000/$uri?$args; }",
     "location / { proxy_pass http://127.0.0.1:3000/$uri; } location /g/ { GUARD }"},
    {"decoded-path", "location ~ ^/a/([^/]+) { GUARD proxy_pass http://127.0.0.1:3000/$1; }",
     R"(location ~ ^/a/([\w.-]+)$ { GUARD proxy_pass http://127.0.0.1:3000/$1; })"},
    {"decoded-path", "location ~ ^/a/(?<b>[^/]+) { GUARD proxy_set_header X-B $b; APP }",
     "location ~ ^/a/(?<b>[^/]+) { GUARD proxy_set_header X-B $bc; APP }"},
    {"decoded-path", R"(location / { GUARD rewrite ^/(?s)a/(.*) /b break; proxy_set_header X-B $1; APP })",
     "location / { GUARD rewrite ^/a/([^/]*) /$1 break; APP }"},
    {"dav-destination", "location / { GUARD } location /a/ { GUARD dav_methods PUT MOVE; }",
     "location / { GUARD } location /a/ { GUARD dav_methods PUT DELETE MKCOL; }"},
    {"dav-destination", "dav_methods COPY; location / { GUARD } location /a/ { STAFF dav_methods off; }",
     "dav_methods COPY; location / { GUARD }"},
    {"chosen-group", "location / { set $required_group $arg_g; GUARD }",
     "location ~ ^/([a-z]+)/ { set $required_group $1; GUARD }"},
    {"chosen-group", "set $a x-$cookie_g; location / { set $required_group $a; GUARD }",
     "set $a staff; location / { set $required_group $a; GUARD }"},
    {"chosen-group", R"(location / { set $required_group "a ${http_x_group}"; GUARD })",
     R"(location / { set $required_group "a $server_name"; GUARD })"},
    {"chosen-group", "location / { set $required_group $host; GUARD }",
     "location / { set $required_group $remote_addr; GUARD }"},
    {"chosen-group", "location / { set $required_group $content_type; GUARD }",
     "location / { set $required_group $scheme; GUARD }"},
    {"chosen-group", "server_name ~^(?<team>[a-z]+).test$; location / { set $required_group $team; GUARD }",
     "server_name ~^(?<team>[a-z]+).test$; location ~ ^/([a-z]+)/ { set $required_group $1; GUARD }"},
    {"chosen-group",
     "location / { set $required_group a; if ($http_x_app = b) { set $required_group c; } GUARD }",
     "location / { set $required_group a; if ($uri ~ ^/b/) { set $required_group c; } GUARD }"},
    {"chosen-group",
     R"(if ($arg_t ~ "^(?<team>[a-z]+)$") { set $a b; } location / { set $required_group $team; GUARD })",
     R"(if ($uri ~ "^/(?<team>[a-z]+)$") { set $a b; } location / { set $required_group $team; GUARD })"},
    {"loose-server", "merge_slashes off; location / { GUARD }", "merge_slashes on; location / { GUARD }"},
    {"loose-server", "ignore_invalid_headers off; location / { GUARD }",
     "underscores_in_headers off; location / { GUARD }"},
    {"believed-header", "location / { GUARD proxy_set_header X-Real-IP $http_x_forwarded_for; APP }",
     "set_real_ip_from 192.0.2.1; location / { GUARD proxy_set_header X-Real-IP $http_x_forwarded_for; APP "
     "}"},
    {"believed-header", "if ($http_x_forwarded_proto = http) { return 301 /; } location / { GUARD }",
     "location / { GUARD proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; APP }"},
    {"believed-strangers", "set_real_ip_from 0.0.0.0/0; location / { GUARD }",
     "set_real_ip_from 10.0.0.0/8; set_real_ip_from unix:; location / { GUARD }"},
};

/// The same as whole contents of the block http.
constexpr Row kInHttp[] = {
    {"no-http-conf", "server { FIRST location / { GUARD } }",
     "include sessiond/http.conf; server { FIRST location / { GUARD } }"},
    {"open-port",
     "include sessiond/http.conf; server { FIRST location / { GUARD APP } } server { listen 3000; location / "
     "{ proxy_pass "
     "http://unix:/run/app; } }",
     "include sessiond/http.conf; server { FIRST location / { GUARD APP } } server { listen 127.0.0.1:3000; "
     "listen [::1]:3000; location "
     "/ "
     "{ proxy_pass http://unix:/run/app; } }"},
    {"open-port",
     "include sessiond/http.conf; server { FIRST location / { GUARD APP } } server { listen [::]:3000; deny "
     "192.0.2.9; root "
     "/app; }",
     "include sessiond/http.conf; server { FIRST location / { GUARD APP } } server { listen 3000; allow "
     "127.0.0.1; deny all; root /app; "
     "}"},
    {"open-port",
     "include sessiond/http.conf; server { FIRST location / { GUARD APP } } server { listen 192.0.2.2:3000; "
     "location / { return 404; } "
     "location /a/ { fastcgi_pass unix:/run/php; } }",
     "include sessiond/http.conf; server { FIRST location / { GUARD APP } } server { listen 3000; location / "
     "{ return 404; } }"},
    {"anybodys-port",
     "server { location = /q { proxy_pass http://127.0.0.1:8080/verify; } location / { auth_request /q; APP "
     "} }",
     "server { location = /q { proxy_pass http://127.0.0.1:880/verify; } location / { auth_request /q; APP } "
     "}"},
    {"anybodys-port",
     "server { set $a http://localhost:8080/verify; location = /q { proxy_pass $a; } auth_request /q; "
     "location / { APP } }",
     "server { listen 8080; listen [::]:8080; } server { set $a http://localhost:8080/verify; location = /q "
     "{ proxy_pass $a; } auth_request /q; location / { APP } }"},
    {"anybodys-port",
     "server { listen 8080; } server { location = /q { proxy_pass http://localhost:8080/verify; } location / "
     "{ auth_request /q; APP } }",
     "server { listen localhost:8080; } server { location = /q { proxy_pass http://localhost:8080/verify; } "
     "location / { auth_request /q; APP } }"},
    {"anybodys-port",
     "server { listen 127.0.0.1:8080; } server { location = /q { proxy_pass http://[::1]:8080/verify; } "
     "location / { auth_request /q; APP } }",
     "server { listen [::1]:8080; } server { location = /q { proxy_pass http://[::1]:8080/verify; } location "
     "/ { auth_request /q; APP } }"},
    {"anybodys-port",
     "server { listen [::]:8080; } server { location = /q { proxy_pass http://127.0.0.1:8080/verify; } "
     "location / { auth_request /q; APP } }",
     "server { listen [::]:8080 ipv6only=off; } server { location = /q { proxy_pass "
     "http://127.0.0.1:8080/verify; } location / { auth_request /q; APP } }"},
    {"anybodys-port",
     "server { listen 127.0.0.2:8080; } server { location = /q { proxy_pass http://0.0.0.0:8080/verify; } "
     "location / { auth_request /q; APP } }",
     "server { listen 127.0.0.1:8080; } server { location = /q { proxy_pass http://0.0.0.0:8080/verify; } "
     "location / { auth_request /q; APP } }"},
    {"anybodys-port",
     "server { listen [::]:8080; } server { location = /q { proxy_pass "
     "http://[::ffff:127.0.0.1]:8080/verify; } location / { auth_request /q; APP } }",
     "server { listen 8080; } server { location = /q { proxy_pass http://[::ffff:127.0.0.1]:8080/verify; } "
     "location / { auth_request /q; APP } }"},
    {"anybodys-port",
     "server { location = /q { proxy_pass http://[::1]:8080/verify; } location / { auth_request /q; APP } }",
     "server { listen [::]:8080; } server { location = /q { proxy_pass http://[::1]:8080/verify; } location "
     "/ { auth_request /q; APP } }"},
    {"anybodys-port",
     "server { location = /q { proxy_pass http://[::ffff:127.0.0.1]:8080/verify; } location / { auth_request "
     "/q; APP } }",
     "server { location = /q { proxy_pass http://192.0.2.7:8080/verify; } location / { auth_request /q; APP "
     "} }"},
    {"anybodys-port",
     "upstream s { server [::1]:8080; } server { location = /q { proxy_pass http://s/verify; } "
     "location / { auth_request /q; APP } }",
     "upstream s { server unix:/run/s; } server { location = /q { proxy_pass http://s/verify; } "
     "location / { auth_request /q; APP } }"},
    {"no-guard-location", "include sessiond/http.conf; server { location / { GUARD } }",
     "include sessiond/http.conf; server { location / { } }"},
    {"nothing-guarded", "include sessiond/http.conf; server { FIRST location / { APP } }",
     "include sessiond/http.conf; server { FIRST location / { OPEN APP } }"},
    {"nothing-guarded", "include sessiond/http.conf; server { FIRST root /a; }",
     "include sessiond/http.conf; server { FIRST GUARD root /a; }"},
    {"nothing-guarded",
     "include sessiond/http.conf; server { FIRST location / { APP } location /b { return 404; } }",
     "include sessiond/http.conf; server { FIRST location / { return 301 https://a.test; } }"},
    {"late-guard-location",
     "include sessiond/http.conf; server { rewrite ^/a /b; FIRST location / { GUARD } }",
     "include sessiond/http.conf; server { FIRST rewrite ^/a /b; location / { GUARD } }"},
    {"late-guard-location", "include sessiond/http.conf; server { GUARD FIRST location / { } }",
     "include sessiond/http.conf; server { FIRST GUARD location / { } }"},
    {"answered-question",
     "include sessiond/http.conf; server { if (!-e $request_filename) { return 200; } FIRST location / { "
     "GUARD } }",
     "include sessiond/http.conf; server { FIRST if (!-e $request_filename) { return 200; } location / { "
     "GUARD } }"},
    {"answered-question",
     "include sessiond/http.conf; server { error_page 503 = /m; rewrite ^ /b; FIRST location / { GUARD } }",
     "include sessiond/http.conf; server { error_page 503 = /m; FIRST rewrite ^ /b; location / { GUARD } }"},
    {"answered-question",
     "include sessiond/http.conf; server { limit_req zone=a; rewrite ^ /b; FIRST location / { GUARD } }",
     "include sessiond/http.conf; server { limit_req zone=a; FIRST location / { GUARD } }"},
    {"same-files",
     "include sessiond/http.conf; server { FIRST root /a; location / { GUARD } } server { root /a; }",
     "include sessiond/http.conf; server { FIRST root /a; location / { GUARD } } server { root /a; return "
     "301 /; }"},
    {"same-files",
     "include sessiond/http.conf; server { FIRST location /b/ { GUARD root /a; } } server { location / { "
     "root /a; } }",
     "include sessiond/http.conf; server { FIRST root /a; location / { GUARD } } server { location "
     "/.well-known/acme-challenge/ { root /a; } location / { return 301 /; } }"},
    {"same-program",
     "include sessiond/http.conf; upstream a { server 127.0.0.1:3000; } server { FIRST location / { GUARD "
     "APP } } server { location / { proxy_pass http://a; } }",
     "include sessiond/http.conf; upstream a { server 127.0.0.1:3002; } server { FIRST location / { GUARD "
     "APP } } server { location / { proxy_pass http://a; } }"},
    {"same-program",
     "include sessiond/http.conf; server { FIRST location / { GUARD APP } } server { set $a 127.0.0.1; "
     "location / { proxy_pass http://$a:3000; } }",
     "include sessiond/http.conf; server { FIRST location / { GUARD APP } } server { location / { proxy_pass "
     "http://$host:3000; } }"},
    {"same-program",
     "include sessiond/http.conf; server { FIRST root /a; location / { GUARD PHP } } server { location / { "
     "root /a/; PHP } }",
     "include sessiond/http.conf; server { FIRST root /a; location / { GUARD PHP } } server { location / { "
     "root /b; PHP } }"},
    {"loose-server",
     "include sessiond/http.conf; server { merge_slashes off; } server { FIRST location / { GUARD root /a; } "
     "}",
     "include sessiond/http.conf; server { merge_slashes off; listen 81; } server { FIRST location / { GUARD "
     "root /a; } }"},
    {"loose-server",
     "include sessiond/http.conf; server { listen [::]:80; merge_slashes off; } server { listen 80 "
     "default_server; } server { listen 80; listen [::]; FIRST location / { GUARD root /a; } }",
     "include sessiond/http.conf; server { listen [::]:80; merge_slashes off; } server { listen 80 "
     "default_server; } server { listen *:80; FIRST location / { GUARD root /a; } }"},
    {"loose-server",
     "include sessiond/http.conf; server { listen [0::0]:81 ipv6only=off; merge_slashes off; } server { "
     "listen [::]:81; FIRST location / { GUARD root /a; } }",
     "include sessiond/http.conf; server { listen 81; merge_slashes off; } server { listen [::]:81; FIRST "
     "location / { GUARD root /a; } }"},
    {"loose-server",
     "include sessiond/http.conf; server { listen 127.0.0.1:80; merge_slashes off; } server { listen "
     "localhost; FIRST location / { GUARD root /a; } }",
     "include sessiond/http.conf; server { listen 127.0.0.1:80; merge_slashes off; } server { listen 80; "
     "FIRST location / { GUARD root /a; } }"},
    {"loose-server",
     "include sessiond/http.conf; underscores_in_headers on; server { FIRST listen [::]:80; location / { "
     "GUARD } }",
     "include sessiond/http.conf; underscores_in_headers on; server { listen 80 default_server; "
     "underscores_in_headers off; } server { underscores_in_headers off; FIRST location / { GUARD root /a; } "
     "}"},
    {"loose-server",
     "include sessiond/http.conf; server { } server { FIRST underscores_in_headers on; location / { GUARD "
     "root /a; } }",
     "include sessiond/http.conf; server { } server { FIRST merge_slashes off; location / { GUARD root /a; } "
     "}"},
    {"loose-server",
     "include sessiond/http.conf; server { } server { FIRST ignore_invalid_headers off; location / { GUARD "
     "root /a; } }",
     "include sessiond/http.conf; server { } server { FIRST location / { GUARD root /a; } } server { "
     "ignore_invalid_headers off; merge_slashes off; underscores_in_headers on; location / { root /b; } }"},
    {"loose-server",
     "include sessiond/http.conf; server { listen 443 ssl; } server { listen 443 ssl; FIRST location / { "
     "GUARD "
     "root /a; } } server { listen 443 ssl; merge_slashes off; root /b; }",
     "include sessiond/http.conf; server { listen 443 ssl; } server { listen 443 ssl; FIRST location / { "
     "GUARD "
     "root /a; } } server { listen 444 ssl; merge_slashes off; root /b; }"},
    {"loose-server",
     "include sessiond/http.conf; server { listen 443; } server { listen 443 ssl; merge_slashes off; FIRST "
     "location / { GUARD root /a; } }",
     "include sessiond/http.conf; server { listen 443; } server { listen 443 ssl; FIRST location / { GUARD "
     "root /a; } "
     "}"},
    {"loose-server",
     "include sessiond/http.conf; server { listen 443; ssl on; FIRST location / { GUARD root /a; } } server "
     "{ listen "
     "443; underscores_in_headers on; root /b; }",
     "include sessiond/http.conf; server { listen 443; FIRST location / { GUARD root /a; } } server { listen "
     "443; "
     "underscores_in_headers on; root /b; }"},
    {"loose-server",
     "include sessiond/http.conf; server { listen 443 ssl; listen 443 quic; FIRST location / { GUARD root "
     "/a; } } "
     "server { listen 443 quic; merge_slashes off; root /b; }",
     "include sessiond/http.conf; server { listen 443 quic; FIRST location / { GUARD root /a; } } server { "
     "listen 443 "
     "ssl; merge_slashes off; root /b; }"},
    {"loose-server",
     "server { merge_slashes off; root /b; } server { location /q { proxy_pass http://127.0.0.1:880/verify; "
     "} location / { auth_request /q; APP } }",
     "server { root /b; } server { location /q { proxy_pass http://127.0.0.1:880/verify; } location / { "
     "auth_request /q; APP } }"},
    {"lost-limit", "include sessiond/http.conf; limit_req zone=a; server { FIRST location / { GUARD } }",
     "include sessiond/http.conf; limit_req zone=a; server { FIRST limit_req zone=a; location / { GUARD } }"},
    {"lost-limit",
     "include sessiond/http.conf; limit_req zone=a; server { access_log off; include sessiond/server.conf; }",
     "include sessiond/http.conf; limit_req zone=a; server { root /a; }"},
    {"lost-limit",
     "include sessiond/http.conf; limit_conn a 9; server { access_log off; include sessiond/server.conf; }",
     "include sessiond/http.conf; limit_conn a 9; server { access_log off; include sessiond/server.conf; "
     "limit_conn a 9; }"},
    {"logged-queries", "include sessiond/http.conf; server { include sessiond/server.conf; }",
     "include sessiond/http.conf; server { access_log /l sessiond; include sessiond/server.conf; }"},
    {"logged-queries",
     "include sessiond/http.conf; log_format a '$status $request_uri'; access_log /l a; server { include "
     "sessiond/server.conf; }",
     "include sessiond/http.conf; log_format a '$status $request_id $request_method'; access_log /l a "
     "buffer=1k; server { include sessiond/server.conf; }"},
    {"logged-queries",
     "include sessiond/http.conf; server { access_log /l buffer=1k; include sessiond/server.conf; }",
     "include sessiond/http.conf; server { access_log off; include sessiond/server.conf; }"},
    {"believed-header",
     "include sessiond/http.conf; map $http_x_forwarded_proto $s { default a; } server { FIRST location / { "
     "GUARD } }",
     "include sessiond/http.conf; log_format a $http_x_forwarded_for; server { FIRST location / { GUARD } }"},
    {"chosen-group",
     "include sessiond/http.conf; map $arg_team $team { a staff; } server { FIRST location / { set "
     "$required_group $team; GUARD } }",
     "include sessiond/http.conf; map $host $team { a staff; } server { return 421; } server { server_name "
     "a.test; "
     "FIRST location / { set $required_group $team; GUARD } }"},
    {"chosen-group",
     "include sessiond/http.conf; map $host $team { a staff; } server { } server { listen 80 default_server; "
     "FIRST root /a; location / { set $required_group $team; GUARD } }",
     "include sessiond/http.conf; map $host $team { a staff; } server { listen 80 default_server; return "
     "421; } "
     "server { server_name a.test; FIRST location / { set $required_group $team; GUARD } }"},
    {"chosen-group",
     R"(include sessiond/http.conf; server { listen 80; listen [::]:80; server_name ~^(?<team>[a-z]+)\.test$; )"
     "FIRST location / { set $required_group $team; GUARD } } server { listen 80 default_server; return 421; "
     "}",
     R"(include sessiond/http.conf; server { listen 80; listen [::]:80; server_name ~^(?<team>[a-z]+)\.test$; )"
     "FIRST location / { set $required_group $team; GUARD } } server { listen 80 default_server; listen "
     "[::]:80 default_server; return 421; }"},
    {"chosen-group",
     "include sessiond/http.conf; geo $arg_who $team { default staff; 10.0.0.0/8 a; } server { FIRST "
     "location / { set "
     "$required_group $team; GUARD } }",
     "include sessiond/http.conf; geo $team { default staff; 10.0.0.0/8 a; } server { FIRST location / { set "
     "$required_group $team; GUARD } }"},
    {"chosen-group",
     R"(include sessiond/http.conf; map $http_x_team $a { "~^(?<team>.+)$" 1; } server { FIRST location / { set )"
     "$required_group $team; GUARD } }",
     R"(include sessiond/http.conf; map $server_name $a { "~^(?<team>.+)$" 1; } server { FIRST location / { set )"
     "$required_group $team; GUARD } }"},
    {"passed-claim",
     R"(include sessiond/http.conf; map $http_x_me $me { default $http_x_me; "" $sessiond_user; } server { FIRST )"
     "location / { GUARD proxy_set_header X-My-User $me; APP } }",
     R"(include sessiond/http.conf; map $sessiond_user $me { default $sessiond_user; "" none; } server { FIRST )"
     "location / { GUARD proxy_set_header X-My-User $me; APP } }"},
    {"early-user",
     "include sessiond/http.conf; map $sessiond_user $deny { default 0; eve 1; } server { FIRST location / { "
     "GUARD if ($deny) { return 403; } APP } }",
     "include sessiond/http.conf; map $sessiond_user $deny { default 0; eve 1; } server { FIRST location / { "
     "GUARD proxy_set_header X-Deny $deny; APP } }"},
    {"early-user",
     "include sessiond/http.conf; limit_req_zone $sessiond_user zone=u:1m rate=1r/m; server { FIRST location "
     "/ "
     "{ GUARD limit_req zone=u burst=5; APP } }",
     "include sessiond/http.conf; limit_req_zone $sessiond_user zone=u:1m rate=1r/m; limit_req_zone "
     "$remote_addr zone=a:1m rate=1r/m; server { FIRST location / { GUARD limit_req zone=a; APP } }"},
    {"early-user",
     "include sessiond/http.conf; map $sessiond_user $who { default $sessiond_user; } limit_conn_zone $who "
     "zone=u:1m; server { FIRST limit_conn u 1; location / { GUARD APP } }",
     "include sessiond/http.conf; limit_req_zone $sessiond_user zone=u:1m rate=1r/m; limit_conn_zone "
     "$remote_addr zone=u:1m; server { FIRST limit_conn u 1; location / { GUARD APP } }"},
    {"same-program",
     "include sessiond/http.conf; map $host $up { default 127.0.0.1:3001; a 127.0.0.1:3000; } server { FIRST "
     "location "
     "/ { GUARD APP } location /a/ { proxy_pass http://$up; } }",
     "include sessiond/http.conf; map $host $up { default 127.0.0.1:3001; a $host:3000; } server { FIRST "
     "location / { "
     "GUARD APP } location /a/ { proxy_pass http://$up; } }"},
    {"part-of-files",
     R"(include sessiond/http.conf; server { FIRST location /b/ { GUARD root /a; } } server { root /a/b; )"
     R"(location ~ \.txt$ { } location / { return 404; } })",
     R"(include sessiond/http.conf; server { FIRST location /b/ { GUARD root /a; } } server { root /a/c; )"
     R"(location ~ \.txt$ { } location / { return 404; } })"},
    {"idle-access",
     "include sessiond/http.conf; server { access_log off; include sessiond/server.conf; location = "
     "/register { deny all; rewrite ^ /_sessiond/$sessiond_place last; } }",
     "include sessiond/http.conf; server { access_log off; include sessiond/server.conf; location = "
     "/register { if ($arg_x) { return 403; } rewrite ^ /_sessiond/$sessiond_place last; } }"},
};

std::string in_server(std::string_view text) {
  return with_http("server { FIRST " + std::string(text) + " }");
}

TEST(NginxCheck, FindsEachTrapAndNothingInItsPlace) {
  for (const auto& row : kInServer) {
    EXPECT_EQ(found_in(in_server(row.wrong)), row.rule) << row.wrong;
    EXPECT_EQ(found_in(in_server(row.right)), "") << row.right;
  }
  for (const auto& row : kInHttp) {
    EXPECT_EQ(found_in(row.wrong), row.rule) << row.wrong;
    EXPECT_EQ(found_in(row.right), "") << row.right;
  }
}

/// A group that is made of so many variables, of which each is made of the next, and the last of `origin`.
std::string make_chain(int count, std::string_view origin) {
  std::string text;
  for (int i = 1; i < count; ++i)
    text.append("set $v").append(std::to_string(i)).append(" $v").append(std::to_string(i + 1)).append("; ");
  text.append("set $v").append(std::to_string(count)).append(" ").append(origin).append("; ");
  return text + "location / { set $required_group $v1; GUARD }";
}

TEST(NginxCheck, FollowsTheVariablesOfAGroupAsFarAsSixtyFourAndSaysWhenThereAreMore) {
  EXPECT_EQ(found_in(in_server(make_chain(64, "$arg_g"))), "chosen-group");
  EXPECT_EQ(found_in(in_server(make_chain(64, "staff"))), "");
  EXPECT_EQ(found_in(in_server(make_chain(65, "$arg_g"))), "not-followed");
  EXPECT_EQ(found_in(in_server(make_chain(64, "$uri$scheme"))), "not-followed");
}

/// A map of the host to so many addresses, and a location that passes requests on to one of them.
std::string make_addresses(int count) {
  std::string text = "map $host $up { default 127.0.0.1:4000; ";
  for (int i = 1; i < count; ++i)
    text.append("a")
        .append(std::to_string(i))
        .append(" 127.0.0.1:")
        .append(std::to_string(4000 + i))
        .append("; ");
  return text + "} " + in_server("location / { GUARD APP } location /a/ { GUARD proxy_pass http://$up; }");
}

TEST(NginxCheck, SaysWhenAnAddressHasMoreValuesThanItTellsApart) {
  EXPECT_EQ(found_in(make_addresses(64)), "");
  EXPECT_EQ(found_in(make_addresses(65)), "not-followed");
}

TEST(NginxCheck, FollowsVariablesThatAreMadeOfEachOtherOnce) {
  EXPECT_EQ(found_in(in_server("set $a $b; set $b $a; location / { set $required_group $a; GUARD }")), "");
}

TEST(NginxCheck, FindsPartsOfTwoVersions) {
  const auto servers =
      with_http("server { FIRST location / { GUARD } location /a/ { include /m/sessiond/guard.conf; } }");
  const std::string_view head =
      "# configuration file /m/sessiond/guard.conf:\nauth_request sessiond/verify;\n";
  const std::string_view same =
      "fastcgi_param REMOTE_USER $sessiond_user; uwsgi_param REMOTE_USER $sessiond_user;\n"
      "proxy_set_header Remote-User $sessiond_user; proxy_set_header X-Forwarded-For \"\";\n";
  EXPECT_EQ(found_in(servers, std::string(head) + std::string(same)), "");
  EXPECT_EQ(found_in(servers, std::string(head) + "proxy_set_header Remote-User $sessiond_user;\n"),
            "two-versions");
  EXPECT_EQ(found_in(servers,
                     std::string(head) + std::string(same) + "# configuration file /m/sessiond/http.conf:\n"),
            "two-versions");
}

TEST(NginxCheck, FindsAServerWhoseHeaderIsNoLongerTheDefault) {
  const std::string_view proxies =
      "# configuration file /n/sessiond/proxies.conf:\nset_real_ip_from 192.0.2.1; real_ip_header "
      "X-Forwarded-For;\n";
  EXPECT_EQ(
      found_in(with_http("include sessiond/proxies.conf; server { set_real_ip_from 192.0.2.2; }"), proxies),
      "other-header");
  EXPECT_EQ(found_in(with_http("include sessiond/proxies.conf; server { set_real_ip_from 192.0.2.2; "
                               "real_ip_header X-Real-IP; }"),
                     proxies),
            "");
}

TEST(NginxCheck, KnowsAGatewayThatAsksOverHttp) {
  const auto site = [](std::string_view path) {
    return with_http("server { set $a http://127.0.0.1:880" + std::string(path) +
                     "; location /q { internal; proxy_pass $a; } location / { auth_request /q; APP } "
                     "location /b/ { APP } }");
  };
  const auto glued =
      "server { location =/q { internal; proxy_pass http://127.0.0.1:880/verify; } "
      "location / { auth_request /q; APP } location /b/ { APP } }";
  EXPECT_EQ(found_in(with_http(glued)), "same-program");
  EXPECT_EQ(found_in(site("/verify")), "same-program");
  EXPECT_EQ(found_in(site("/other")), "");
}

TEST(NginxCheck, SaysWhereAndWhat) {
  const auto config = parse(
      "include sessiond/http.conf;\nserver {\nFIRST\nlocation / {\nGUARD\ninclude fastcgi_params;\nPHP\n} }");
  const auto findings = nginx::check(config);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].file, "/n/nginx.conf");
  EXPECT_EQ(findings[0].line, 7U);
  EXPECT_EQ(findings[0].what, "`fastcgi_param REMOTE_USER $remote_user` after the guard's include");
  EXPECT_EQ(base::name_of(findings[0].severity), "warning");
}

TEST(NginxCheck, HasATestAndACureForEachRule) {
  std::set<std::string_view> tested{"two-versions", "other-header", "not-followed"}, known;
  for (const auto& row : kInServer) tested.insert(row.rule);
  for (const auto& row : kInHttp) tested.insert(row.rule);
  for (const auto& rule : nginx::all_rules()) {
    EXPECT_TRUE(known.insert(rule.name).second) << rule.name;
    EXPECT_NE(rule.cure.find(": docs/nginx.md#"), std::string_view::npos) << rule.name;
    EXPECT_FALSE(rule.meaning.empty());
  }
  EXPECT_EQ(tested, known);
}

TEST(NginxCheck, FindsNothingWhereNothingIsGuarded) {
  for (const auto text : {"", "server { }", "server { merge_slashes off; location / { APP } }",
                          "server { auth_request /q; location ~ \\.php$ { PHP } }"})
    EXPECT_EQ(found_in(text), "") << text;
}

}  // namespace
