// The table of commands.
#include <array>

#include "ctl/command.h"
#include "ctl/verbs.h"

namespace ctl {
namespace {

constexpr OptionSpec kYes{"yes", "", "do it without asking"};
constexpr OptionSpec kGroups{"groups", "GROUP,...", "the groups of the account"};
constexpr OptionSpec kGenerate{"generate", "", "make a password and print it, instead of asking for one"};

constexpr std::array kAddOptions{
    OptionSpec{"name", "NAME", "the name that people see; without it, the username"}, kGroups,
    OptionSpec{"email", "ADDRESS", "where mail reaches the user"}, kGenerate};
constexpr std::array kShowOptions{
    OptionSpec{"history", "N", "how many entries of each kind of its history; without it, 20"}};
constexpr std::array kPasswordOptions{kGenerate};
constexpr std::array kRenameOptions{
    OptionSpec{"name", "NAME", "the name that people see"},
    OptionSpec{"email", "ADDRESS", "where mail reaches the user; empty for nowhere"}};
constexpr std::array kDeleteOptions{kYes};
constexpr OptionSpec kUpdate{"update", "",
                             "change users who are there already, instead of refusing the file"};
constexpr std::array kHtpasswdOptions{
    OptionSpec{"groups", "GROUP,...", "the groups of all users of the file"}, kUpdate};
constexpr std::array kImportOptions{kUpdate};
constexpr std::array kExportOptions{
    OptionSpec{"yes", "", "also to a terminal, or a file that every user may read"}};

constexpr std::array kCheckOptions{
    OptionSpec{"hosts", "N", "how many hosts like this one use the database; 1 by default"}};
constexpr std::array kResetOptions{
    OptionSpec{"send", "", "mail the link to the user instead of printing it"}};
constexpr std::array kInviteOptions{
    kGroups, OptionSpec{"username", "USERNAME", "the only username that it is good for"},
    OptionSpec{"expires", "TIME", "how long it is good for, such as 90m, 12h or 7d; without it, 7d"}};
constexpr std::array kRevokeOptions{OptionSpec{"user", "USERNAME", "end all sessions of this user"},
                                    OptionSpec{"all", "", "end all sessions of all users"}, kYes};
constexpr std::array kTablesOptions{
    OptionSpec{"beside-other-tables", "", "also in a database that has tables of something else"}};
constexpr std::array kRenderOptions{
    OptionSpec{"unless-changed", "", "replace nothing that was changed by hand, or made by other scripts"}};

constexpr std::array kCalibrateOptions{
    OptionSpec{"milliseconds", "N", "what a hash may take while all workers hash; without it, 250"},
    OptionSpec{"logins-per-second", "N", "the same, by how many logins there may be"},
    OptionSpec{"memory", "SIZE", "what all workers may use together, such as 512M; without it, a quarter"},
    OptionSpec{"workers", "N", "how many hash at once; without it, PASSWORD_WORKERS"}};

constexpr std::size_t kMany = 100;
constexpr std::size_t kAnyNumber = 1000000;

// clang-format off
constexpr std::array kCommands{
    Command{.name = "user add", .operands = "USERNAME", .least = 1, .most = 1, .options = kAddOptions,
            .summary = "Make an account; the password is asked for twice, or is one line of standard input",
            .example = "user add ada --name 'Ada L.' --groups staff", .run = add_user},
    Command{.name = "user list", .lists = true,
            .summary = "List all accounts",
            .example = "user list --where disabled=yes --id-only", .run = list_users},
    Command{.name = "user show", .operands = "USERNAME", .least = 1, .most = 1, .options = kShowOptions,
            .summary = "Show an account, its live sessions and its history",
            .example = "user show ada", .run = show_user},
    Command{.name = "user passwd", .operands = "USERNAME", .least = 1, .most = 1, .options = kPasswordOptions,
            .summary = "Set a new password, and end all sessions of the user",
            .example = "user passwd ada", .run = set_password},
    Command{.name = "user rename", .operands = "USERNAME", .least = 1, .most = 1, .options = kRenameOptions,
            .summary = "Change the name that people see, or the address for mail",
            .example = "user rename ada --name 'Ada Lovelace'", .run = rename_user},
    Command{.name = "user groups", .operands = "USERNAME +GROUP|-GROUP...", .least = 2, .most = kMany,
            .summary = "Add the user to groups, or remove it from some",
            .example = "user groups ada +wheel -staff", .run = change_groups},
    Command{.name = "user disable", .operands = "USERNAME", .least = 1, .most = 1,
            .summary = "Keep the user from logging in, and end all sessions",
            .example = "user disable ada", .run = disable_user},
    Command{.name = "user enable", .operands = "USERNAME", .least = 1, .most = 1,
            .summary = "Let a disabled user log in again",
            .example = "user enable ada", .run = enable_user},
    Command{.name = "user delete", .operands = "USERNAME", .least = 1, .most = 1, .options = kDeleteOptions,
            .summary = "Delete an account for good, with its sessions and its history",
            .example = "user delete ada --yes", .run = delete_user},
    Command{.name = "user reset-link", .operands = "USERNAME", .least = 1, .most = 1, .options = kResetOptions,
            .summary = "Print a link with which the user sets a new password, once and within RESET_LINK_TTL",
            .example = "user reset-link ada --send", .run = give_reset_link},
    Command{.name = "invite new", .options = kInviteOptions,
            .summary = "Print a link with which somebody makes an account, once",
            .example = "invite new --groups staff --username bob --expires 12h", .run = give_invitation},
    Command{.name = "invite list", .lists = true,
            .summary = "List the invitations that are good, at most 1,000, those that expire soon first",
            .example = "invite list --json", .run = list_invitations},
    Command{.name = "invite revoke", .operands = "ID...", .least = 1, .most = kAnyNumber,
            .summary = "Take invitations back; either all that are named, or none",
            .example = "invite revoke 3", .run = revoke_invitations},
    Command{.name = "session list", .operands = "[USERNAME]", .most = 1, .lists = true,
            .summary = "List the live sessions of all users, or of one",
            .example = "session list ada", .run = list_sessions},
    Command{.name = "session revoke", .operands = "[ID...]", .most = kAnyNumber, .options = kRevokeOptions,
            .summary = "End sessions, so that their next request finds them ended",
            .example = "session revoke --user ada", .run = revoke_sessions},
    Command{.name = "explain", .operands = "USERNAME [GROUP...]", .least = 1, .most = kMany,
            .summary = "Say whether the user would get in where one of the groups is asked for, why, and as whom",
            .example = "explain ada staff", .run = explain},
    Command{.name = "status",
            .summary = "Show the version, whether the sockets and the database answer, and how much is in it",
            .example = "status", .run = show_status},
    Command{.name = "cleanup",
            .summary = "Remove what is no longer needed, as the service does every CLEANUP_INTERVAL, and count it",
            .example = "cleanup", .run = clean_up},
    Command{.name = "create-database", .options = kTablesOptions,
            .summary = "Make the role of the service, its database and its tables, by scripts/create-database",
            .example = "create-database", .run = create_database},
    Command{.name = "migrate", .options = kTablesOptions,
            .summary = "Bring the tables of the database up to date, by scripts/migrate",
            .example = "migrate", .run = migrate},
    Command{.name = "render-nginx", .operands = "DIRECTORY", .least = 1, .most = 1, .options = kRenderOptions,
            .summary = "Write nginx's parts for the settings to DIRECTORY/sessiond, by scripts/render-nginx",
            .example = "render-nginx /etc/nginx", .run = render_nginx},
    Command{.name = "import htpasswd", .operands = "FILE", .least = 1, .most = 1, .options = kHtpasswdOptions,
            .summary = "Make accounts of a file of htpasswd, all or none; - reads standard input",
            .example = "import htpasswd /etc/nginx/htpasswd --groups staff", .run = import_htpasswd},
    Command{.name = "import csv", .operands = "FILE", .least = 1, .most = 1, .options = kImportOptions,
            .summary = "The same of comma-separated values: username,password_hash,name,groups,email,disabled",
            .example = "import csv users.csv --update", .run = import_csv},
    Command{.name = "import jsonl", .operands = "FILE", .least = 1, .most = 1, .options = kImportOptions,
            .summary = "The same of JSON objects, one a line, as export jsonl prints them",
            .example = "import jsonl - <users.jsonl", .run = import_jsonl},
    Command{.name = "export jsonl", .options = kExportOptions,
            .summary = "Print all accounts with their hashes, one JSON object a line",
            .example = "export jsonl >users.jsonl", .run = export_jsonl},
    Command{.name = "check-nginx", .operands = "[-]", .least = 0, .most = 1, .lists = true,
            .summary = "Find the traps of the guard in what nginx -T prints; - reads that from standard input",
            .example = "check-nginx --where severity=error", .run = check_nginx_of_host},
    Command{.name = "check", .options = kCheckOptions, .lists = true, .takes_any_settings = true,
            .summary = "Find what is wrong with settings, sockets and database; the exit status is that of Nagios",
            .example = "check --where severity=error", .run = check_service},
    Command{.name = "calibrate", .options = kCalibrateOptions,
            .summary = "Measure password hashes on this machine, and print the settings that fit a wanted time",
            .example = "calibrate --milliseconds 250 --memory 512M", .run = calibrate},
    Command{.name = "completion",
            .summary = "Print the completion of commands and options for bash",
            .example = "completion", .run = print_completion},
};
// clang-format on

}  // namespace

std::span<const Command> commands() {
  return kCommands;
}

}  // namespace ctl
