-- Groups, for the guard: flat names that a location may ask for. Live sessions stay as they are.

ALTER TABLE users
    -- In no order; set by the administrator. No user makes or leaves one.
    ADD COLUMN groups text[] NOT NULL DEFAULT '{}';

-- Names go comma-separated into one header: letters, digits and . _ @ + - only, 2,000 bytes in all.
ALTER TABLE users ADD CONSTRAINT users_groups_check CHECK (
    coalesce(array_ndims(groups), 1) = 1
    AND array_position(groups, NULL) IS NULL
    AND array_position(groups, '') IS NULL
    AND array_to_string(groups, '') ~ '^[A-Za-z0-9._@+-]*$'
    AND octet_length(array_to_string(groups, ',')) <= 2000
);
