// How a process that the master has forked becomes a worker, and how it ends.
#pragma once

#include <sys/types.h>

#include <csignal>

#include "server/privileges.h"
#include "server/worker.h"

namespace server {

/// Prepares the process of a worker: it gives up root, gets SIGTERM when the master ends, takes the priority
/// of its pool, and is confined. Throws runtime_error when it cannot give up root or be confined.
void become_worker(const Identities& identities, int niceness, pid_t master);

/// Runs a worker and returns how it ended. Logs exceptions that no request could answer for.
WorkerExit serve_until_stopped(const WorkerParts& parts, base::ScoreboardSlot& slot);

}  // namespace server
