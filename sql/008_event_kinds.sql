-- For a view of the history in which no flood of entries of one kind pushes out those of another. Live sessions stay as
-- they are.

ALTER TABLE :"place".events
    -- Whether it is a login from a browser that was not known for the account.
    ADD COLUMN new_device boolean NOT NULL DEFAULT false;

-- The first four columns are what the view takes for a kind.
CREATE INDEX events_kind_idx ON :"place".events (user_id, event, actor, new_device, event_id);
DROP INDEX :"place".events_user_id_idx;
