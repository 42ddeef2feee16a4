CREATE TABLE post (id int PRIMARY KEY, title text NOT NULL);

INSERT INTO post (id, title) VALUES (1, 'The first launch'), (2, 'A rollback'), (3, 'Grüße & "quotes" — ✓');

CREATE TABLE visit (id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());

-- A field of every query and mutation: the release whose connection this is.
CREATE FUNCTION served_by() RETURNS text LANGUAGE sql STABLE AS $$ SELECT current_setting('application_name') $$;
