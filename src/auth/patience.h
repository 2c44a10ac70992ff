// How long a request may wait before it is not worth a password hash any more.
#pragma once

#include <string_view>

#include "base/clock.h"

namespace auth {

/// True when nginx passed the request on (Request::passed_on_at) more than eight seconds ago. nginx waits ten
/// (nginx/fastcgi.conf), of which two are for the work. False when that is not known: for an empty or other
/// text, for a time that is yet to come, and for one of more than a minute ago. nginx has long closed a
/// connection of that age, so that the clocks must differ then, or one of them was set.
bool has_waited_too_long(std::string_view passed_on_at, base::Time now);

}  // namespace auth
