// Groups and addresses for mail as an operator writes them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ctl {

/// The groups of a comma-separated text, in the form in which the store takes them. Throws Refusal for one
/// that base::is_group() does not accept, and when they are too long together.
std::string parse_groups(std::string_view text);
/// The groups one by one.
std::vector<std::string> split_groups(std::string_view groups);
/// `groups` with the changes, each `+GROUP` or `-GROUP`. Throws WrongUsage for another form, and as
/// parse_groups() does. To add a group that is there, or to remove one that is not, changes nothing.
std::string alter_groups(std::string_view groups, std::span<const std::string_view> changes);

/// Throws Refusal when the text cannot be an address for mail: it must have one `@` with something before it
/// and a host after it, and nothing that a mail program could take for an option, a header or two addresses.
void require_email(std::string_view text);

}  // namespace ctl
