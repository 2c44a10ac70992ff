-- Usernames are compared by the letters A to Z in every database, whatever its locale makes of other letters, or of I in
-- Turkish. Live sessions stay as they are.

DO $$
DECLARE
    collisions text;
BEGIN
    SELECT string_agg(names, '; ')
    INTO collisions
    FROM (
        SELECT string_agg(format('%L (user_id %s)', username, user_id), ' and ' ORDER BY user_id) AS names
        FROM users
        GROUP BY lower(username COLLATE "C")
        HAVING count(*) > 1
        ORDER BY min(user_id)
        LIMIT 20
    ) AS same;
    IF collisions IS NOT NULL THEN
        RAISE unique_violation USING
            MESSAGE = 'these users have the same username but for its case: ' || collisions,
            DETAIL = 'The locale of this database kept them apart. Nothing has been changed.',
            HINT = 'Rename all but one of each, for example: UPDATE users SET username = ''NEW NAME'' WHERE user_id = ID; '
                   'then run scripts/migrate again. Sessions and passwords stay as they are.';
    END IF;
END
$$;

CREATE UNIQUE INDEX users_username_key ON users (lower(username COLLATE "C"));
DROP INDEX users_lower_username_key;
