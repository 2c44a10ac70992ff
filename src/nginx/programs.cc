#include "nginx/programs.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "nginx/names.h"
#include "nginx/origins.h"

namespace nginx {
namespace {

std::string_view without_scheme(std::string_view address) {
  const auto mark = address.find("://");
  return mark == std::string_view::npos ? address : address.substr(mark + 3);
}

/// What ends the authority of an address: its path, also where that is a variable.
constexpr std::array<std::string_view, 7> kPaths{"/",      "$request_uri",  "${request_uri}", "$uri",
                                                 "${uri}", "$document_uri", "${document_uri}"};

std::string_view authority_of(std::string_view address) {
  const auto rest = without_scheme(address);
  if (rest.starts_with("unix:")) return rest;
  auto end = rest.size();
  for (const auto path : kPaths) end = std::min(end, rest.find(path));
  return rest.substr(0, end);
}

void add_upstream(const Sites& sites, std::string_view name, std::string_view port,
                  std::set<std::string>& result) {
  for (const auto* http : sites.https)
    for (const auto* upstream : own(*http, {"upstream"}))
      if (base::equals_ignoring_case(upstream->argument(), name))
        for (const auto& child : upstream->children)
          if (child.name() == "server") result.insert(full_address(child.argument(), port));
}

std::string script_of(const Scope& scope) {
  std::string_view script;
  for (const auto* parameter : in_force(scope, {"fastcgi_param"}))
    if (parameter->argument() == "SCRIPT_FILENAME") script = parameter->argument(1);
  if (!script.empty() && script.find('$') == std::string_view::npos) return normal_path(script);
  const auto roots = in_force(scope, {"root", "alias"});
  return normal_directory(roots.empty() ? "html" : roots.front()->argument());
}

}  // namespace

std::set<std::string> addresses_of(const Sites& sites, const Scope& scope, const Directive& pass) {
  std::set<std::string> result;
  for (const auto& target : values_of(sites, scope, pass.argument())) {
    const auto authority = authority_of(target);
    if (authority.empty() || authority.find('$') != std::string_view::npos) continue;
    const bool is_safe = target.starts_with("https:") || target.starts_with("grpcs:");
    const auto port = is_safe ? "443" : port_of(pass);
    const auto known = result.size();
    add_upstream(sites, authority, port, result);
    if (result.size() == known) result.insert(full_address(authority, port));
  }
  return result;
}

std::string_view uri_of(std::string_view address) {
  const auto rest = without_scheme(address);
  const auto mark = rest.starts_with("unix:") ? rest.find(":/", 5) + 1 : rest.find('/');
  return mark == 0 || mark >= rest.size() ? std::string_view{} : rest.substr(mark);
}

std::vector<Program> programs_of(const Sites& sites, const Scope& scope) {
  const auto* pass = find_pass(scope);
  std::vector<Program> result;
  if (!pass) return result;
  const auto script = pass->name() == "fastcgi_pass" ? script_of(scope) : std::string();
  std::set<std::string> addresses;
  for (const auto& address : addresses_of(sites, scope, *pass)) addresses.insert(normal_address(address, {}));
  for (const auto& address : addresses) result.push_back({address, script});
  return result;
}

bool is_same(const Program& a, const Program& b) {
  return a.address == b.address && (a.script.starts_with(b.script) || b.script.starts_with(a.script));
}

}  // namespace nginx
