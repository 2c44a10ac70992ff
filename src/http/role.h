// The roles in which a web server asks a FastCGI program (FastCGI specification 1.0, section 6): one table of
// those that are served. The rest of the program sees requests and answers, and no roles.
#pragma once

#include <array>
#include <string>

#include "base/enum_table.h"
#include "http/request.h"
#include "http/response.h"

namespace http {

/// How a role differs. A request without a body is whole at the end of its parameters: servers end its empty
/// STDIN or do not, and one sends the beginning of the page's body. So its connection ends with its answer.
struct RoleRow {
  Role id;
  unsigned number;  ///< In BEGIN_REQUEST.
  bool has_body;
  /// Makes of its parameters the request that is meant; `room` keeps a text for it.
  void (*translate)(Request& request, std::string& room);
  /// The answer as the role demands it. Null: it stays as it is.
  Response (*make_answer)(const Response& response);
};

/// nginx tells the path by itself, decoded (DOCUMENT_URI). Of other servers it is that of REQUEST_URI as the
/// client wrote it; no route has a path that could be written in two ways.
void find_path(Request& request, std::string& room);

// authorizer.cc
void become_question(Request& request, std::string& room);
Response make_authorizer_answer(const Response& response);

inline constexpr std::array kRoles{
    RoleRow{Role::responder, 1, true, find_path, nullptr},
    RoleRow{Role::authorizer, 2, false, become_question, make_authorizer_answer},
};
static_assert(base::is_enum_table(kRoles));

/// The row with this number; null for a role that is not served.
constexpr const RoleRow* find_role(unsigned number) {
  for (const RoleRow& row : kRoles)
    if (row.number == number) return &row;
  return nullptr;
}

}  // namespace http
