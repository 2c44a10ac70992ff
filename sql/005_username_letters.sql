-- Usernames are compared by the letters A to Z in every database, whatever its locale makes of other letters, or of I in
-- Turkish. Live sessions stay as they are.

SELECT format('DO %L', format('BEGIN RAISE unique_violation USING MESSAGE = %L, DETAIL = %L, HINT = %L; END',
    'these users have the same username but for its case: ' || string_agg(names, '; '),
    'The locale of this database kept them apart. Nothing has been changed.',
    'Rename all but one of each, for example: UPDATE users SET username = ''NEW NAME'' WHERE user_id = ID; '
    'then run scripts/migrate again. Sessions and passwords stay as they are.'))
FROM (
    SELECT string_agg(format('%L (user_id %s)', username, user_id), ' and ' ORDER BY user_id) AS names
    FROM :"place".users
    GROUP BY lower(username COLLATE "C")
    HAVING count(*) > 1
    ORDER BY min(user_id)
    LIMIT 20
) AS same
HAVING count(*) > 0
\gexec

CREATE UNIQUE INDEX users_username_key ON :"place".users (lower(username COLLATE "C"));
DROP INDEX :"place".users_lower_username_key;
