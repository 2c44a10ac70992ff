// Decides whether the bytes on a FastCGI connection are a request, before libfcgi reads them. A pure
// function. libfcgi blocks while a request is incomplete, answers management records from a buffer that is
// too small, and takes an unread body for records. So it may only read requests that are complete and whose
// records are in the expected order.
#pragma once

#include <cstddef>
#include <span>

namespace http {

enum class RecordState {
  incomplete,  ///< The beginning of a valid request; wait for more.
  complete,    ///< Exactly one complete request.
  refused,     ///< This cannot become a valid request; close the connection.
};

/// The most bytes of one request, with record headers and padding.
inline constexpr std::size_t kMostRequestBytes = 163840;
/// The most bytes of all parameters of a request, with the lengths of their names and values.
inline constexpr std::size_t kMostParameterBytes = 65536;

/// `bytes` is everything that has arrived since the last request. A request consists of BEGIN_REQUEST with a
/// role of http/role.h, PARAMS to their end and STDIN to its end, all with the same request id, and nothing
/// after them (FastCGI specification 1.0, sections 3 to 6). Of a role without a body, whatever follows PARAMS
/// is no matter.
RecordState inspect_records(std::span<const std::byte> bytes);

}  // namespace http
