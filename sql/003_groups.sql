-- The groups of users, for the guard: plain names, one of which a location may demand. Live sessions stay as they are.

ALTER TABLE :"place".users
    -- The order has no meaning. Only the administrator changes groups: users can neither join nor leave one.
    ADD COLUMN groups text[] NOT NULL DEFAULT '{}';

-- All names of a user go into one header, separated by commas: so a name has only letters, digits and . _ @ + -, and all
-- names together have at most 2,000 bytes.
ALTER TABLE :"place".users ADD CONSTRAINT users_groups_check CHECK (
    coalesce(array_ndims(groups), 1) = 1
    AND array_position(groups, NULL) IS NULL
    AND array_position(groups, '') IS NULL
    AND array_to_string(groups, '') ~ '^[A-Za-z0-9._@+-]*$'
    AND octet_length(array_to_string(groups, ',')) <= 2000
);
