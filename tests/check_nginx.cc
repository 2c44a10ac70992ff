// Prints what is found in a configuration of nginx, for the tests that have real ones: one finding a line, as
// FILE:LINE SEVERITY RULE. With `-` the text is that of standard input, else that of nginx -T. The exit
// status is 0 when nothing is found, 1 with warnings, 2 with errors, and 3 when nothing could be checked.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "nginx/check.h"
#include "nginx/source.h"

namespace {

int fail(const std::string& fault) {
  static_cast<void>(std::fprintf(stderr, "%s\n", fault.c_str()));
  return 3;
}

}  // namespace

int main(int count, char** arguments) {
  const bool given = count > 1 && std::string_view(arguments[1]) == "-";
  auto source = given ? nginx::read_text(STDIN_FILENO) : nginx::ask_nginx();
  if (!source.fault.empty()) return fail(source.fault);
  const auto config = nginx::parse_config(std::move(source.text));
  if (!config.fault.empty()) return fail(config.fault);
  const auto findings = nginx::check(config);
  for (const auto& finding : findings)
    std::printf("%s:%zu %s %s\n", finding.file.c_str(), finding.line, nginx::name_of(finding.severity).data(),
                finding.rule.data());
  return nginx::exit_status_of(findings);
}
