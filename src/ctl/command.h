// What a command of sessionctl is, and what it was called with. The commands themselves stand in one table,
// in commands.cc; each one's work is in the file of its subject, declared in verbs.h.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ctl {

class Desk;

/// The exit statuses of sessionctl. `check` and `check-nginx` have statuses of their own.
inline constexpr int kDone = 0;
inline constexpr int kRefused = 1;      ///< What was asked for cannot be done; nothing has changed.
inline constexpr int kWrongUsage = 2;   ///< The command line or a setting is wrong.
inline constexpr int kUnavailable = 3;  ///< The database does not answer, or something else failed.

/// Why a command does not do what it was asked for, as a sentence for the operator. It ends with kRefused.
struct Refusal : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A word of the command line or of a file for a sentence: what people may be shown of it, in quotes.
std::string quote(std::string_view word);

/// What is wrong with the command line. It ends with kWrongUsage.
struct WrongUsage : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// An option that a command knows, `--name` or `--name VALUE`.
struct OptionSpec {
  std::string_view name;   ///< Without the dashes.
  std::string_view value;  ///< What its value is, in capital letters; empty for an option without one.
  std::string_view help;
  bool repeats = false;  ///< It may be given several times.
};

/// What stands behind the name of a command, checked against its row.
class Arguments {
 public:
  Arguments(std::vector<std::string_view> operands,
            std::vector<std::pair<std::string_view, std::string_view>> options)
      : operands_(std::move(operands)), options_(std::move(options)) {}

  std::span<const std::string_view> operands() const { return operands_; }
  /// The operand at this place, from 0; empty when there are fewer.
  std::string_view operand(std::size_t place) const {
    return place < operands_.size() ? operands_[place] : std::string_view();
  }
  bool has(std::string_view option) const { return value(option).has_value(); }
  /// The value of an option, empty for one that has none; nothing when it was not given.
  std::optional<std::string_view> value(std::string_view option) const;
  /// The values of an option that may be given several times.
  std::vector<std::string_view> values(std::string_view option) const;

 private:
  std::vector<std::string_view> operands_;
  std::vector<std::pair<std::string_view, std::string_view>> options_;
};

/// One row of the table of commands.
struct Command {
  std::string_view name = {};      ///< One word, or a subject and a verb: `user add`.
  std::string_view operands = {};  ///< As the help shows them: `NAME`, `[FILE]`.
  std::size_t least = 0;           ///< How many operands there are.
  std::size_t most = 0;
  std::span<const OptionSpec> options = {};
  bool lists = false;               ///< It prints rows, so that it takes --id-only and --where.
  bool takes_any_settings = false;  ///< It runs even when the settings are wrong.
  std::string_view summary = {};
  std::string_view example = {};  ///< Without the word sessionctl.
  int (*run)(Desk& desk, const Arguments& arguments) = nullptr;
};

/// All commands in the order of the help and the manual.
std::span<const Command> commands();

/// The options of a command, with those that others have too.
std::vector<OptionSpec> options_of(const Command& command);

/// A command with what it was called with.
struct Call {
  const Command* command;
  Arguments arguments;
};

/// Finds the command that the words name and checks the rest against its row. Options begin with two dashes,
/// and none comes after `--`; so `-staff` is an operand. Throws WrongUsage with a sentence that says what
/// would be right.
Call parse_call(std::span<const std::string_view> words);

/// True for the first word of commands that have two, such as `user`.
bool is_subject(std::string_view word);

/// The help of one command.
std::string make_help(const Command& command);
/// The list of the commands of a subject; of all commands when it is empty.
std::string make_help(std::string_view subject);

}  // namespace ctl
