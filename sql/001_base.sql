-- Users and their sessions. The service's role may read and write rows; it owns nothing.

CREATE TABLE users (
    -- Never used again, so a re-registered name never inherits anything.
    user_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Shown to people; 1 to 200 characters.
    name text NOT NULL,
    -- As registered; unique without regard to case by the index below.
    username text NOT NULL,
    -- PHC string of argon2id.
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- No session older than this is live, but the one that changed the password.
    password_changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX users_lower_username_key ON users (lower(username));

CREATE TABLE sessions (
    session_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
    -- SHA-256 of the access token; replaced at each rotation.
    access_token_hash bytea NOT NULL CHECK (octet_length(access_token_hash) = 32),
    -- SHA-256 of the current refresh token: the only one that may rotate.
    refresh_token_hash bytea NOT NULL CHECK (octet_length(refresh_token_hash) = 32),
    -- SHA-256 of the first half of the refresh token, which no rotation changes: finds the row.
    refresh_family_hash bytea NOT NULL CHECK (octet_length(refresh_family_hash) = 32),
    -- SHA-256 of the refresh token before the last rotation; NULL before the first.
    previous_refresh_hash bytea CHECK (octet_length(previous_refresh_hash) = 32),
    -- With the previous refresh token, derives the current pair again; NULL before the first rotation.
    rotation_salt bytea CHECK (octet_length(rotation_salt) = 32),
    -- When the last rotation was; NULL before the first.
    rotated_at timestamptz,
    -- Whether a token of the current pair was ever accepted. True before the first rotation: there is no earlier pair.
    successor_used boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Moves at login and refresh, never at a check.
    last_used_at timestamptz NOT NULL DEFAULT now(),
    -- When the user last proved the password in this session.
    authenticated_at timestamptz NOT NULL DEFAULT now(),
    access_expires_at timestamptz NOT NULL,
    refresh_expires_at timestamptz NOT NULL,
    -- The absolute limit, never extended; infinity when there is none.
    expires_at timestamptz NOT NULL DEFAULT 'infinity',
    -- When the session was ended; NULL while it is live.
    revoked_at timestamptz,
    -- Client address as nginx saw it; NULL when it was none.
    ip inet,
    -- First 200 characters of User-Agent without control characters.
    user_agent text NOT NULL DEFAULT ''
);

CREATE UNIQUE INDEX sessions_access_token_hash_key ON sessions (access_token_hash);
CREATE UNIQUE INDEX sessions_refresh_token_hash_key ON sessions (refresh_token_hash);
CREATE UNIQUE INDEX sessions_refresh_family_hash_key ON sessions (refresh_family_hash);
CREATE INDEX sessions_user_id_idx ON sessions (user_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON users, sessions TO :"service_role";
