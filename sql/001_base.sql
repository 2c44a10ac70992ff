-- Users and their sessions. What the role of the service may do with them is in grants.sql.

CREATE TABLE :"place".users (
    -- An identity is never used again, so whoever registers the name of a deleted user inherits nothing.
    user_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The name that people see; 1 to 200 characters.
    name text NOT NULL,
    -- As it was registered. The index below makes it unique without regard to case.
    username text NOT NULL,
    -- An argon2id hash as a PHC string.
    password_hash text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Of the sessions that were opened before this time, only the one that changed the password is still live.
    password_changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE UNIQUE INDEX users_lower_username_key ON :"place".users (lower(username));

CREATE TABLE :"place".sessions (
    session_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES :"place".users ON DELETE CASCADE,
    -- SHA-256 of the current access token; a refresh replaces both tokens.
    access_token_hash bytea NOT NULL CHECK (octet_length(access_token_hash) = 32),
    -- SHA-256 of the current refresh token, the only one that gets a new pair of tokens.
    refresh_token_hash bytea NOT NULL CHECK (octet_length(refresh_token_hash) = 32),
    -- SHA-256 of the first half of the refresh token. No refresh changes that half, so every refresh token that the session
    -- ever had leads to this row.
    refresh_family_hash bytea NOT NULL CHECK (octet_length(refresh_family_hash) = 32),
    -- SHA-256 of the refresh token that the last refresh replaced; NULL before the first refresh.
    previous_refresh_hash bytea CHECK (octet_length(previous_refresh_hash) = 32),
    -- From this salt and the previous refresh token, the current pair can be derived again; NULL before the first refresh.
    rotation_salt bytea CHECK (octet_length(rotation_salt) = 32),
    -- The time of the last refresh that replaced the tokens; NULL before the first.
    rotated_at timestamptz,
    -- Whether the current access token was ever accepted: until then the previous refresh token is answered with the current
    -- pair, because the client may not have got it. True before the first refresh, when there is no previous token.
    successor_used boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    -- Set by the login and whenever a refresh replaces the tokens, but not when the access token is checked.
    last_used_at timestamptz NOT NULL DEFAULT now(),
    -- When the user last gave the right password in this session.
    authenticated_at timestamptz NOT NULL DEFAULT now(),
    access_expires_at timestamptz NOT NULL,
    refresh_expires_at timestamptz NOT NULL,
    -- When the session ends in any case, which nothing puts off; infinity if there is no such limit.
    expires_at timestamptz NOT NULL DEFAULT 'infinity',
    -- When the session was ended before its time; NULL if it was not.
    revoked_at timestamptz,
    -- The address of the client at the login, as nginx saw it; NULL if nginx gave no IP address.
    ip inet,
    -- The User-Agent at the login without control characters; src/auth/client.cc says where it is cut.
    user_agent text NOT NULL DEFAULT ''
);

CREATE UNIQUE INDEX sessions_access_token_hash_key ON :"place".sessions (access_token_hash);
CREATE UNIQUE INDEX sessions_refresh_token_hash_key ON :"place".sessions (refresh_token_hash);
CREATE UNIQUE INDEX sessions_refresh_family_hash_key ON :"place".sessions (refresh_family_hash);
CREATE INDEX sessions_user_id_idx ON :"place".sessions (user_id);
