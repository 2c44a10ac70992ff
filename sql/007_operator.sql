-- What the operator needs: users that may not log in, addresses for mail, tickets that are good for one act, and the
-- history of each account. Live sessions stay as they are.

ALTER TABLE :"place".users
    -- Where mail reaches the user; NULL for nowhere. It is never a login name, and two users may have the same.
    ADD COLUMN email text,
    -- When the user proved that mail to this address arrives; NULL while nobody has.
    ADD COLUMN email_verified_at timestamptz,
    -- Since when the user may not log in; NULL for a user who may.
    ADD COLUMN disabled_at timestamptz;

-- What somebody may do once, because the operator or the service gave him a token for it.
CREATE TABLE :"place".tickets (
    -- SHA-256 of the token.
    ticket_hash bytea PRIMARY KEY CHECK (octet_length(ticket_hash) = 32),
    -- By it the operator names a ticket.
    ticket_id bigint GENERATED ALWAYS AS IDENTITY,
    -- The only thing that it is good for.
    purpose text NOT NULL CHECK (purpose IN ('invitation', 'password_reset')),
    -- Whose it is; NULL for an invitation, whose user is not there yet.
    user_id bigint REFERENCES :"place".users ON DELETE CASCADE,
    -- The only username that an invitation may be used for; NULL for any.
    username text,
    -- The groups that the user of an invitation gets, in the form of users.groups.
    groups text[] NOT NULL DEFAULT '{}',
    -- Who made it, as in events.actor.
    actor text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    CHECK ((user_id IS NULL) = (purpose = 'invitation')),
    CONSTRAINT tickets_groups_check CHECK (
        coalesce(array_ndims(groups), 1) = 1
        AND array_position(groups, NULL) IS NULL
        AND array_position(groups, '') IS NULL
        AND array_to_string(groups, '') ~ '^[A-Za-z0-9._@+-]*$'
        AND octet_length(array_to_string(groups, ',')) <= 2000
    )
);

CREATE UNIQUE INDEX tickets_ticket_id_key ON :"place".tickets (ticket_id);
-- A user has one live link to reset the password: a new one takes the place of the one before.
CREATE UNIQUE INDEX tickets_password_reset_key ON :"place".tickets (user_id) WHERE purpose = 'password_reset';
CREATE INDEX tickets_user_id_idx ON :"place".tickets (user_id);
CREATE INDEX tickets_expires_at_idx ON :"place".tickets (expires_at);

-- The history of each account, which its user and the operator can see.
CREATE TABLE :"place".events (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES :"place".users ON DELETE CASCADE,
    -- What happened, in the words of docs/operations.md.
    event text NOT NULL,
    happened_at timestamptz NOT NULL DEFAULT now(),
    -- The session in which it happened, or which it began or ended; NULL for none. It may be gone by now.
    session_id bigint,
    -- Who did it, if it was not somebody with the credentials of the account: `operator:` and the user of the system.
    actor text NOT NULL DEFAULT '',
    -- As in sessions.
    ip inet,
    user_agent text NOT NULL DEFAULT ''
);

CREATE INDEX events_user_id_idx ON :"place".events (user_id, event_id);
CREATE INDEX events_happened_at_idx ON :"place".events (happened_at);
