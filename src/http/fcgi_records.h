// What bytes on a FastCGI connection are, before libfcgi sees any of them. Pure.
// libfcgi blocks on half a request, answers management records into a buffer that is too small, and takes
// unread bodies for records: so a request reaches it only when all of it is here and every record is in its
// place.
#pragma once

#include <cstddef>
#include <span>

namespace http {

enum class RecordState {
  incomplete,  ///< A good beginning; wait for more.
  complete,    ///< Exactly one whole request.
  refused,     ///< Never going to be one; close the connection.
};

/// The most bytes of one request on the wire, with record heads and padding.
inline constexpr std::size_t kMostRequestBytes = 163840;
/// The most bytes of names and values of all parameters.
inline constexpr std::size_t kMostParameterBytes = 65536;

/// Looks at everything that has arrived for one request: BEGIN_REQUEST of a responder, PARAMS to their end,
/// STDIN to its end, all of one request id and nothing after it (FastCGI specification 1.0, sections 3 to 6).
RecordState inspect_records(std::span<const std::byte> bytes);

}  // namespace http
