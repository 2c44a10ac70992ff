// Tells a service manager such as systemd how the service is, by one datagram each time (sd_notify(3)). Does
// nothing where no manager has asked for that.
#pragma once

#include <cstdint>
#include <string_view>

namespace server {

/// Sends `state`, lines of NAME=value, to the socket that NOTIFY_SOCKET names.
void notify(std::string_view state);

/// The milliseconds within which the manager wants to hear WATCHDOG=1 from this process (WATCHDOG_USEC and
/// WATCHDOG_PID); 0 when it does not.
std::int64_t watchdog_interval_ms();

}  // namespace server
