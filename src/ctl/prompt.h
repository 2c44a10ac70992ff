// Asking the operator: for a password, which is never shown, and for agreement.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"

namespace ctl {

/// A password: asked for twice without echo when standard input is a terminal, else one line of standard
/// input. `what` is what it is called in the question. Throws Refusal when both differ, when there is none,
/// and when the operator gives up.
base::Secret read_password(std::string_view what);

/// Asks on the terminal; true when the answer is exactly this.
bool ask(std::string_view question, std::string_view answer);

}  // namespace ctl
