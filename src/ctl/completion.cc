#include "ctl/completion.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "ctl/command.h"

namespace ctl {
namespace {

constexpr std::string_view kHead = R"(# Completion of sessionctl for bash; `sessionctl completion` prints it.
_sessionctl() {
    local place=1 words= word=${COMP_WORDS[COMP_CWORD]}
    [[ ${COMP_WORDS[1]} != -f ]] || place=3
    local command=${COMP_WORDS[place]-}
    if ((COMP_CWORD == place)); then
        command=
    elif ((COMP_CWORD > place + 1)); then
        command+=" ${COMP_WORDS[place + 1]}"
    fi
    case $command in
)";

constexpr std::string_view kTail = R"(    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o default -F _sessionctl sessionctl
)";

std::string_view first_word(const Command& command) {
  return command.name.substr(0, command.name.find(' '));
}

/// One way to go on: what was typed, as a pattern of the shell, and what may follow.
std::string make_case(std::string_view pattern, const std::string& words) {
  return std::string("        ").append(pattern).append(") words='").append(words).append("' ;;\n");
}

std::string list_options(const Command& command) {
  std::string words;
  for (const auto& option : options_of(command))
    words.append(words.empty() ? "--" : " --").append(option.name);
  return words;
}

/// The first words of all commands, each once.
std::string list_subjects() {
  std::string words("-f -h -V");
  std::string_view last;
  for (const auto& command : commands()) {
    if (first_word(command) != last) words.append(" ").append(first_word(command));
    last = first_word(command);
  }
  return words;
}

/// The second words of the commands of a subject.
std::string list_verbs(std::string_view subject) {
  std::string words;
  for (const auto& command : commands())
    if (first_word(command) == subject)
      words.append(words.empty() ? "" : " ").append(command.name.substr(subject.size() + 1));
  return words;
}

}  // namespace

std::string make_bash_completion() {
  std::string text = std::string(kHead) + make_case("''", list_subjects());
  std::string_view last;
  for (const auto& command : commands()) {
    const auto first = first_word(command);
    const bool is_whole = first == command.name;
    if (!is_whole && first != last) text += make_case(first, list_verbs(first));
    const auto pattern = is_whole ? std::string(first) + " | '" + std::string(first) + " '*"
                                  : "'" + std::string(command.name) + "'";
    text += make_case(pattern, list_options(command));
    last = first;
  }
  return text += kTail;
}

}  // namespace ctl
