// The command check-nginx: what is found in a configuration of nginx, as rows.
#include <unistd.h>

#include <cstdint>
#include <stdexcept>

#include "ctl/verbs.h"
#include "nginx/check.h"
#include "nginx/source.h"

namespace ctl {
namespace {

/// What the exit status 0 is worth: of a place without an include no rule knows that it should have one.
std::string say_nothing_found(const nginx::Config& config) {
  return std::to_string(nginx::all_rules().size()) +
         " rules found nothing; guarded locations: " + std::to_string(nginx::count_guarded(config));
}

}  // namespace

int check_nginx_of_host(Desk& desk, const Arguments& arguments) {
  const auto operand = arguments.operand(0);
  if (!operand.empty() && operand != "-")
    throw WrongUsage("check-nginx: `-` reads standard input; without it, nginx is asked");
  auto source = operand == "-" ? nginx::read_text(STDIN_FILENO) : nginx::ask_nginx();
  if (!source.fault.empty()) throw std::runtime_error(source.fault);
  const auto config = nginx::parse_config(std::move(source.text));
  if (!config.fault.empty()) throw std::runtime_error(config.fault);
  const auto findings = nginx::check(config);
  if (findings.empty() && !arguments.has("json")) {
    desk.say(say_nothing_found(config));
    return kDone;
  }
  Rows rows({{"severity", base::severity_names()}, "rule", "file", "line", "what", "meaning", "cure"});
  for (const auto& finding : findings)
    rows.add({std::string(base::name_of(finding.severity)), std::string(finding.rule), finding.file,
              static_cast<std::int64_t>(finding.line), finding.what, std::string(finding.meaning),
              std::string(finding.cure)});
  desk.print(std::move(rows));
  return base::exit_status_of(findings);
}

}  // namespace ctl
