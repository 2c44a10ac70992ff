// How long a request may wait before it is not worth a password hash any more.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace auth {

/// The most time between nginx's passing a request on and its hash: nginx waits ten seconds for the answer
/// (nginx/fastcgi.conf.in), of which two are for the work.
inline constexpr std::chrono::milliseconds kMostWait{8000};

/// How long ago nginx passed the request on (Request::passed_on_at). Nothing when that is not known: for an
/// empty or other text, for a time that is yet to come, and for one of more than a minute ago. nginx has long
/// closed a connection of that age, so that the clocks must differ then, or one of them was set.
std::optional<std::chrono::milliseconds> find_wait(std::string_view passed_on_at, base::Time now);

}  // namespace auth
