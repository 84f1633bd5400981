-- What Debezium reads in place of the table itself: each change of `driver` as the record that trucking_driver holds.
-- Run once, with psql and not in one transaction, on a server with wal_level=logical. See docs/debezium.md.

CREATE TABLE driver_outbox (
    id    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    topic text NOT NULL,
    key   text NOT NULL,
    at    timestamp NOT NULL, -- UTC; without a zone, as Debezium's router wants the time of a record
    value text                -- null: a tombstone
);

CREATE FUNCTION driver_to_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry uuid;
BEGIN
    IF TG_OP = 'DELETE' THEN
        INSERT INTO driver_outbox (topic, key, at) VALUES ('trucking_driver', OLD.id, now() AT TIME ZONE 'UTC')
        RETURNING id INTO entry;
    ELSE
        INSERT INTO driver_outbox (topic, key, at, value) VALUES (
            'trucking_driver', NEW.id, NEW.last_update AT TIME ZONE 'UTC',
            json_build_object(
                'id', NEW.id,
                'firstName', NEW.first_name,
                'lastName', NEW.last_name,
                'available', NEW.available,
                'birthdate', upper(to_char(NEW.birthdate, 'DD-MON-YY')),
                'last_update', floor(extract(epoch FROM NEW.last_update) * 1000)::bigint
            )
        ) RETURNING id INTO entry;
    END IF;
    DELETE FROM driver_outbox WHERE id = entry; -- Debezium reads the log, not the table: it stays empty
    RETURN NULL;
END $$;

-- The slot keeps from here on what Debezium has not read; so it must be there before the first entry is made.
CREATE PUBLICATION kawka_driver FOR TABLE driver_outbox;
SELECT pg_create_logical_replication_slot('kawka_driver', 'pgoutput');

CREATE TRIGGER driver_to_outbox AFTER INSERT OR UPDATE OR DELETE ON driver
    FOR EACH ROW EXECUTE FUNCTION driver_to_outbox();
UPDATE driver SET id = id; -- every row there is, once
