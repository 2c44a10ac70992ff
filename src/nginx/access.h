// Who can get what a location serves: whom it lets in, and whether it serves anything, to those who ask for
// it and to those whom nginx itself leads there.
#pragma once

#include <set>
#include <vector>

#include "nginx/site.h"

namespace nginx {

/// In the order in which more people get in.
enum class Admits {
  unknown,   ///< Whom somebody else lets in.
  members,   ///< Of a group.
  users,     ///< Who are signed in.
  everybody  ///< Also where the application is told who is there.
};

Admits admits(const Sites& sites, const Scope& scope);
/// Whether the location keeps out strangers, or users who are in no group, whom the other one lets in.
bool keeps_out(const Sites& sites, const Scope& scope, const Scope& other);

/// Whether nobody gets anything there: it answers by itself, leads elsewhere, denies all, or is internal and
/// no way of strangers leads there.
bool is_closed(const Sites& sites, const Scope& scope);
/// The same without a look at who can get there.
bool serves_nothing(const Scope& scope);
/// Whether only nginx itself leads there.
bool is_internal(const Scope& location);
/// The internal locations of sites to which nginx leads strangers. Goes into Sites::reached.
std::set<const Scope*> find_reached(const Sites& sites);

}  // namespace nginx
