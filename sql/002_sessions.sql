-- The throttling of password checks, the known devices, and an index for the cleanup. Live sessions stay as they are.

CREATE TABLE :"place".attempts (
    -- SHA-256 of what the attempts are counted for, such as an address or a username in small letters. docs/sessions.md
    -- lists all of them.
    attempt_key bytea PRIMARY KEY CHECK (octet_length(attempt_key) = 32),
    -- How many attempts count as failed. Each is counted before its password is checked; if the password was right, this
    -- attempt or all of them are taken off again.
    failures integer NOT NULL,
    -- When the last attempt was counted. An hour later all of them are forgotten.
    last_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX attempts_last_at_idx ON :"place".attempts (last_at);

CREATE TABLE :"place".devices (
    -- SHA-256 of the device token, which a browser gets when this user registers or first logs in with it.
    device_hash bytea PRIMARY KEY CHECK (octet_length(device_hash) = 32),
    user_id bigint NOT NULL REFERENCES :"place".users ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX devices_user_id_idx ON :"place".devices (user_id, created_at);

-- When a session ended or will end by itself, by which the cleanup finds the rows to remove.
CREATE INDEX sessions_end_idx ON :"place".sessions (coalesce(revoked_at, refresh_expires_at));
