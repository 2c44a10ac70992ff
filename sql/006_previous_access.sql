-- The access token from before a refresh stays good for REFRESH_GRACE seconds, so that a page that is just loading its
-- files loses none of them. Live sessions stay as they are.

ALTER TABLE :"place".sessions
    -- SHA-256 of the access token that the last refresh replaced; NULL before the first refresh, and once a change of the
    -- password has ended that token.
    ADD COLUMN previous_access_hash bytea,
    -- When that token ends at the latest: as it would have ended without the refresh, or REFRESH_GRACE after it. It stands
    -- beside rotated_at, because a program of the version before moves rotated_at and leaves these columns as they are.
    ADD COLUMN previous_access_expires_at timestamptz,
    -- It holds for all rows: those of before have no such hash, so they need not be read to validate it.
    ADD CONSTRAINT sessions_previous_access_hash_check CHECK (octet_length(previous_access_hash) = 32) NOT VALID;

-- Has the sessions that were refreshed, and no others.
CREATE UNIQUE INDEX sessions_previous_access_hash_key ON :"place".sessions (previous_access_hash)
    WHERE previous_access_hash IS NOT NULL;
