-- What the role of the service may do: exactly what the statements of sessiond and sessionctl need, column by column.
-- Both programs connect as this role: whoever may insert sessions can act as any user anyhow, so that a second role would
-- guard nothing. scripts/migrate grants it anew each time, after the numbered files, in one transaction.
-- tests/integration/statements.bats holds it to the statements. A right that the statements no longer need goes one
-- version later, because the program of the version before goes on running while this is applied.

-- Where the schema was taken from everybody, as many hosts of databases do.
SELECT format('GRANT USAGE ON SCHEMA %I TO %I', n.nspname, :'service_role')
FROM pg_namespace n
WHERE n.nspname = :'place'
  AND NOT has_schema_privilege(:'service_role', n.oid, 'USAGE')
  AND pg_has_role(n.nspowner, 'USAGE')
\gexec

-- Where a number comes from a default, as in tables that another program has copied. An identity needs no right.
SELECT DISTINCT format('GRANT USAGE ON SEQUENCE %s TO %I', q.oid::regclass, :'service_role')
FROM unnest(ARRAY['users', 'sessions', 'tickets', 'events']) AS t (name)
JOIN pg_depend AS v ON v.refclassid = 'pg_class'::regclass AND v.refobjid = to_regclass(format('%I.%I', :'place', t.name))
                   AND v.classid = 'pg_attrdef'::regclass
JOIN pg_depend AS d ON d.classid = v.classid AND d.objid = v.objid AND d.refclassid = v.refclassid
JOIN pg_class AS q ON q.oid = d.refobjid
WHERE CASE q.relkind WHEN 'S' THEN NOT has_sequence_privilege(:'service_role', q.oid, 'USAGE, UPDATE') END
  AND pg_has_role(q.relowner, 'USAGE')
\gexec

REVOKE ALL ON :"place".users, :"place".sessions, :"place".attempts, :"place".devices, :"place".tickets, :"place".events,
    :"place".schema_versions
FROM :"service_role";

GRANT
    SELECT (user_id, name, username, password_hash, groups, email, email_verified_at, disabled_at, created_at,
            password_changed_at),
    INSERT (name, username, password_hash, groups, email, disabled_at),
    UPDATE (name, password_hash, password_changed_at, groups, email, email_verified_at, disabled_at),
    DELETE
ON :"place".users TO :"service_role";

GRANT
    SELECT (session_id, user_id, access_token_hash, refresh_token_hash, refresh_family_hash, previous_refresh_hash,
            previous_access_hash, previous_access_expires_at, rotation_salt, rotated_at, successor_used, created_at,
            last_used_at, authenticated_at, access_expires_at, refresh_expires_at, expires_at, revoked_at, ip, user_agent),
    INSERT (user_id, access_token_hash, refresh_token_hash, refresh_family_hash, expires_at, access_expires_at,
            refresh_expires_at, ip, user_agent),
    UPDATE (access_token_hash, refresh_token_hash, previous_refresh_hash, previous_access_hash,
            previous_access_expires_at, rotation_salt, rotated_at, successor_used, last_used_at, authenticated_at,
            access_expires_at, refresh_expires_at, revoked_at),
    DELETE
ON :"place".sessions TO :"service_role";

GRANT
    SELECT (attempt_key, failures, last_at),
    INSERT (attempt_key, failures, last_at),
    UPDATE (failures, last_at),
    DELETE
ON :"place".attempts TO :"service_role";

-- No statement changes a device; the cleanup locks the rows that it deletes, which needs a right to change something.
GRANT
    SELECT (device_hash, user_id, created_at),
    INSERT (device_hash, user_id),
    UPDATE (created_at),
    DELETE
ON :"place".devices TO :"service_role";

-- A new link to reset the password takes the place of the one before.
GRANT
    SELECT (ticket_hash, ticket_id, purpose, user_id, username, groups, actor, created_at, expires_at),
    INSERT (ticket_hash, purpose, user_id, username, groups, actor, expires_at),
    UPDATE (ticket_hash, actor, created_at, expires_at),
    DELETE
ON :"place".tickets TO :"service_role";

-- As with devices, the right to change something is for the cleanup; no statement changes an event.
GRANT
    SELECT (event_id, user_id, event, happened_at, session_id, actor, ip, user_agent, new_device),
    INSERT (user_id, event, session_id, actor, ip, user_agent, new_device),
    UPDATE (happened_at),
    DELETE
ON :"place".events TO :"service_role";

GRANT SELECT (version) ON :"place".schema_versions TO :"service_role";
