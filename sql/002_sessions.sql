-- Throttling of password checks, known devices, and what the cleanup looks for. Live sessions stay as they are.

CREATE TABLE attempts (
    -- SHA-256 of what is counted: an address, a name as typed in small letters, or a known device.
    attempt_key bytea PRIMARY KEY CHECK (octet_length(attempt_key) = 32),
    -- Checks counted since the last success, each before its password was looked at.
    failures integer NOT NULL,
    -- When the last one was counted; an hour later all are forgotten.
    last_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX attempts_last_at_idx ON attempts (last_at);

CREATE TABLE devices (
    -- SHA-256 of the device token, which a browser gets at its first login.
    device_hash bytea PRIMARY KEY CHECK (octet_length(device_hash) = 32),
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX devices_user_id_idx ON devices (user_id, created_at);

-- When a session ended or will end by itself: the cleanup's order.
CREATE INDEX sessions_end_idx ON sessions (coalesce(revoked_at, refresh_expires_at));

GRANT SELECT, INSERT, UPDATE, DELETE ON attempts, devices TO :"service_role";
