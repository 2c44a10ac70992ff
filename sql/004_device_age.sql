-- An index for the cleanup of known devices, which otherwise reads all of them each time. Live sessions stay as they are.

CREATE INDEX devices_created_at_idx ON :"place".devices (created_at);
