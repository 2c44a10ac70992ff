// What is left of a master that was renewed and cannot start, because the settings or the database have
// changed since they were tried: it keeps the sockets and the workers of before, which go on serving, and
// tries again.
#pragma once

#include "server/handover.h"
#include "server/renewal.h"

namespace server {

/// Keeps what the handover names, and tries to become the program of `call` every ten seconds, and at SIGHUP
/// and SIGUSR2. Workers that end are not replaced meanwhile. Returns the exit code when a signal to stop has
/// ended them all; those that have not ended after fifteen seconds are killed.
int take_care(Handover handover, const Call& call);

}  // namespace server
