// Groups and addresses for mail as an operator writes them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ctl {

/// Why the comma-separated text cannot be the groups of a user; nothing when it can. One that
/// base::is_group() does not accept is a fault, and so are too many bytes together.
std::optional<std::string> find_groups_fault(std::string_view text);
/// The groups of a comma-separated text, each once and in the order of their bytes. Nothing else orders
/// groups: the store keeps them as it gets them, and a database orders text by the rules of its locale.
/// Throws Refusal with what find_groups_fault() says.
std::string parse_groups(std::string_view text);
/// The groups one by one.
std::vector<std::string> split_groups(std::string_view groups);
/// `groups` with the changes, each `+GROUP` or `-GROUP`. Throws WrongUsage for another form, and as
/// parse_groups() does. To add a group that is there, or to remove one that is not, changes nothing.
std::string alter_groups(std::string_view groups, std::span<const std::string_view> changes);

/// Why the text cannot be an address for mail; nothing when base::is_email() accepts it.
std::optional<std::string> find_email_fault(std::string_view text);
/// Throws Refusal with what find_email_fault() says.
void require_email(std::string_view text);

}  // namespace ctl
