#include "ctl/command.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/utf8.h"

namespace ctl {
namespace {

/// Known to every command.
constexpr std::array kCommonOptions{
    OptionSpec{"json", "", "print JSON"},
    OptionSpec{"verbose", "", "print the events that are logged"},
    OptionSpec{"help", "", "print this text"},
};
/// Known to those that print rows.
constexpr std::array kListOptions{
    OptionSpec{"id-only", "", "print only the first column, one row a line"},
    OptionSpec{"where", "FIELD=VALUE", "only rows with this value; may be given several times", true},
};

/// Where to read on, as the end of an error.
std::string see_help(std::string_view name) {
  return "; see: sessionctl " + std::string(name) + (name.empty() ? "" : " ") + "--help";
}

/// The longest name of a command that the words begin with; null for none.
const Command* find_command(std::span<const std::string_view> words) {
  const std::string first(words.empty() ? std::string_view() : words[0]);
  const std::string both = words.size() < 2 ? first : first + " " + std::string(words[1]);
  for (const auto& name : {both, first})
    for (const Command& command : commands())
      if (command.name == name) return &command;
  return nullptr;
}

/// Takes the words after the name of a command apart.
class ArgumentParser {
 public:
  explicit ArgumentParser(const Command& command) : command_(command), known_(options_of(command)) {}

  Arguments parse(std::span<const std::string_view> words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (ended_ || !words[i].starts_with("--"))
        operands_.push_back(words[i]);
      else if (words[i] == "--")
        ended_ = true;
      else
        i += take_option(words.subspan(i));
    }
    if (!is_given("help")) check_operands();
    return {std::move(operands_), std::move(options_)};
  }

 private:
  bool is_given(std::string_view option) const {
    return std::any_of(options_.begin(), options_.end(), [&](const auto& o) { return o.first == option; });
  }

  [[noreturn]] void fail(const std::string& reason) const {
    throw WrongUsage(std::string(command_.name) + ": " + reason + see_help(command_.name));
  }

  /// Takes the option at the front, and returns how many further words belong to it.
  std::size_t take_option(std::span<const std::string_view> words) {
    const auto equals = words[0].find('=');
    const auto name = words[0].substr(2, equals == std::string_view::npos ? equals : equals - 2);
    const auto spec =
        std::find_if(known_.begin(), known_.end(), [&](const auto& o) { return o.name == name; });
    if (spec == known_.end()) fail("there is no option " + quote("--" + std::string(name)));
    if (!spec->repeats && is_given(name)) fail("--" + std::string(name) + " is given twice");
    const bool has_value = equals != std::string_view::npos;
    if (spec->value.empty() && has_value) fail("--" + std::string(name) + " takes no value");
    if (spec->value.empty() || has_value) {
      options_.emplace_back(name, has_value ? words[0].substr(equals + 1) : std::string_view());
      return 0;
    }
    if (words.size() < 2) fail("--" + std::string(name) + " needs a value, " + std::string(spec->value));
    options_.emplace_back(name, words[1]);
    return 1;
  }

  void check_operands() const {
    if (operands_.size() < command_.least) fail("it needs " + std::string(command_.operands));
    if (operands_.size() > command_.most) fail("unexpected argument " + quote(operands_[command_.most]));
  }

  const Command& command_;
  std::vector<OptionSpec> known_;
  std::vector<std::string_view> operands_;
  std::vector<std::pair<std::string_view, std::string_view>> options_;
  bool ended_ = false;
};

/// `left`, filled with spaces up to `width` columns, then `right`.
std::string make_line(std::string left, std::size_t width, std::string_view right) {
  left.resize(std::max(width, left.size() + 2), ' ');
  return left.append(right) += '\n';
}

std::string make_synopsis(const Command& command) {
  std::string text(command.name);
  for (const auto& option : command.options) {
    text.append(" [--").append(option.name);
    if (!option.value.empty()) text.append(" ").append(option.value);
    text += ']';
  }
  return command.operands.empty() ? text : text.append(" ").append(command.operands);
}

}  // namespace

std::string quote(std::string_view word) {
  return "'" + base::make_excerpt(word) + "'";
}

std::vector<OptionSpec> options_of(const Command& command) {
  std::vector<OptionSpec> options(command.options.begin(), command.options.end());
  if (command.lists) options.insert(options.end(), kListOptions.begin(), kListOptions.end());
  options.insert(options.end(), kCommonOptions.begin(), kCommonOptions.end());
  return options;
}

std::optional<std::string_view> Arguments::value(std::string_view option) const {
  const auto given =
      std::find_if(options_.begin(), options_.end(), [&](const auto& o) { return o.first == option; });
  return given == options_.end() ? std::nullopt : std::optional(given->second);
}

std::vector<std::string_view> Arguments::values(std::string_view option) const {
  std::vector<std::string_view> found;
  for (const auto& [name, value] : options_)
    if (name == option) found.push_back(value);
  return found;
}

bool is_subject(std::string_view word) {
  const auto list = commands();
  return std::any_of(list.begin(), list.end(), [&](const Command& command) {
    return command.name.starts_with(std::string(word) + " ");
  });
}

/// What may follow a subject, such as `user`: the second words of its commands.
std::string list_verbs(std::string_view subject) {
  std::vector<std::string> verbs;
  for (const Command& command : commands())
    if (command.name.starts_with(std::string(subject) + " "))
      verbs.emplace_back(command.name.substr(subject.size() + 1));
  return base::join(verbs, ", ");
}

Call parse_call(std::span<const std::string_view> words) {
  if (words.empty()) throw WrongUsage("it needs a command" + see_help(""));
  const Command* command = find_command(words);
  if (command == nullptr && is_subject(words[0]))
    throw WrongUsage("there is no command " +
                     quote(std::string(words[0]) + (words.size() < 2 ? "" : " " + std::string(words[1]))) +
                     "; after '" + std::string(words[0]) + "' comes one of: " + list_verbs(words[0]) +
                     see_help(words[0]));
  if (command == nullptr) throw WrongUsage("there is no command " + quote(words[0]) + see_help(""));
  const std::size_t name_words = command->name.find(' ') == std::string_view::npos ? 1 : 2;
  return {command, ArgumentParser(*command).parse(words.subspan(name_words))};
}

std::string make_help(const Command& command) {
  std::string text =
      "usage: sessionctl " + make_synopsis(command) + "\n\n" + std::string(command.summary) + ".\n\n";
  for (const auto& option : options_of(command)) {
    std::string left = "  --" + std::string(option.name);
    if (!option.value.empty()) left.append(" ").append(option.value);
    text += make_line(std::move(left), 24, option.help);
  }
  return text.append("\nexample:\n  sessionctl ").append(command.example) += '\n';
}

std::string make_help(std::string_view subject) {
  std::string text = "usage: sessionctl [-f FILE] COMMAND [ARGUMENT...]\n\n";
  for (const Command& command : commands())
    if (subject.empty() || command.name.starts_with(std::string(subject) + " "))
      text += make_line("  " + std::string(command.name), 22, command.summary);
  return text +=
         "\n  -f FILE   read settings from FILE instead of .env or /etc/sessiond/sessiond.conf\n"
         "  -V        print the version\n"
         "\n`sessionctl COMMAND --help` says more; `man sessionctl` says all.\n";
}

}  // namespace ctl
