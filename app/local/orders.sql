-- The example database: who orders, and what the warehouse holds. Made once; from then on the tables are their users'.
DO $$
BEGIN
IF to_regclass('customer') IS NOT NULL THEN
    RETURN;
END IF;

CREATE TABLE customer (
    id          bigint PRIMARY KEY,
    first_name  varchar(45),
    last_name   varchar(45),
    email       varchar(254),
    address     text,
    level       varchar(8) NOT NULL DEFAULT 'bronze' CHECK (level IN ('bronze', 'silver', 'gold', 'platinum')),
    last_update timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX customer_last_update ON customer (last_update, id);

-- As in many a warehouse, nothing keeps a quantity from going below 0: then none is offered.
CREATE TABLE stock (
    product     varchar(64) PRIMARY KEY,
    quantity    integer NOT NULL,
    last_update timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX stock_last_update ON stock (last_update, product);

-- An UPDATE that does not speak of last_update would be found only by the source's full comparison.
CREATE FUNCTION orders_touched() RETURNS trigger LANGUAGE plpgsql AS $touched$
BEGIN
    IF NEW.last_update = OLD.last_update THEN
        NEW.last_update := now();
    END IF;
    RETURN NEW;
END $touched$;
CREATE TRIGGER customer_touched BEFORE UPDATE ON customer
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION orders_touched();
CREATE TRIGGER stock_touched BEFORE UPDATE ON stock
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION orders_touched();

INSERT INTO stock (product, quantity, last_update) VALUES
    ('JUMPERS', 20000, '2026-01-05 08:00:00Z'),
    ('UNDERPANTS', 50000, '2026-01-05 08:00:00Z'),
    ('STOCKINGS', 30000, '2026-01-05 08:00:00Z');

INSERT INTO customer (id, first_name, last_name, email, address, level, last_update) VALUES
    (1, 'Ada', 'Lovelace', 'ada@customers.example', '12 St James''s Square, London', 'platinum', '2026-01-05 08:00:00.001Z'),
    (2, 'Bronia', 'Kowalska', 'bronia@customers.example', 'ul. Hoża 3, Warszawa', 'gold', '2026-01-05 08:00:00.002Z'),
    (3, 'Czesław', 'Nowak', 'czeslaw@customers.example', 'ul. Długa 44, Gdańsk', 'bronze', '2026-01-05 08:00:00.003Z'),
    (4, 'Dorota', 'Zielińska', 'dorota@customers.example', 'Rynek 8, Wrocław', 'silver', '2026-01-05 08:00:00.004Z'),
    (5, 'Emil', 'Wójcik', 'emil@customers.example', 'ul. Lipowa 21, Lublin', 'bronze', '2026-01-05 08:00:00.005Z'),
    (6, 'Felicja', 'Mazur', 'felicja@customers.example', 'ul. Polna 5, Poznań', 'gold', '2026-01-05 08:00:00.006Z'),
    (7, 'Grace', 'Hopper', 'grace@customers.example', '1500 Arlington Blvd, Arlington', 'platinum', '2026-01-05 08:00:00.007Z'),
    (8, 'Henryk', 'Kaczmarek', 'henryk@customers.example', 'ul. Zamkowa 17, Toruń', 'bronze', '2026-01-05 08:00:00.008Z'),
    (9, 'Irena', 'Szewińska', 'irena@customers.example', 'ul. Sportowa 1, Łódź', 'silver', '2026-01-05 08:00:00.009Z'),
    (10, 'Jan', 'Heweliusz', 'jan@customers.example', 'ul. Korzenna 52, Gdańsk', 'gold', '2026-01-05 08:00:00.010Z'),
    (11, 'Kasia', 'Wilk', 'kasia@customers.example', 'os. Leśne 9, Katowice', 'bronze', '2026-01-05 08:00:00.011Z'),
    (12, 'Leslie', 'Lamport', 'leslie@customers.example', '98 Bakery Lane, Palo Alto', 'platinum', '2026-01-05 08:00:00.012Z'),
    (13, 'Barbara', 'Liskov', 'barbara@customers.example', '77 Vassar Street, Cambridge', 'gold', '2026-01-05 08:00:00.013Z'),
    (14, 'Noel', 'Jumper', NULL, 'No mail, please', 'silver', '2026-01-05 08:00:00.014Z'),
    (15, 'Olga', 'Sroka', 'olga@customers.example', 'ul. Ptasia 2, Białystok', 'bronze', '2026-01-05 08:00:00.015Z'),
    (16, 'Piotr', 'Gawron', 'piotr@customers.example', 'ul. Wronia 31, Warszawa', 'bronze', '2026-01-05 08:00:00.016Z'),
    (17, 'Quentin', 'Daw', 'quentin@customers.example', '4 Rookery Road, Bristol', 'silver', '2026-01-05 08:00:00.017Z'),
    (18, 'Róża', 'Kruk', 'roza@customers.example', 'ul. Krucza 6, Kraków', 'gold', '2026-01-05 08:00:00.018Z'),
    (19, 'Samuel', 'Vimes', 'samuel@customers.example', 'Pseudopolis Yard', 'bronze', '2026-01-05 08:00:00.019Z'),
    (20, 'Teodor', 'Kawka', 'teodor@customers.example', 'Wieża 1, Frombork', 'platinum', '2026-01-05 08:00:00.020Z');

-- Many more, for the simulator: a customer who orders again within the hour goes on with the session that the fraud
-- check adds up, so that a shop with twenty customers would soon refuse all of them.
INSERT INTO customer (id, first_name, last_name, email, address, level, last_update)
SELECT 1000 + number,
    (ARRAY['Ada', 'Bea', 'Cyd', 'Dan', 'Eve', 'Fay', 'Gil', 'Hal', 'Ida', 'Joe'])[1 + number % 10],
    (ARRAY['Ash', 'Birch', 'Cedar', 'Elm', 'Fir', 'Hazel', 'Oak', 'Pine'])[1 + number / 10 % 8] || ' ' || number,
    'customer' || 1000 + number || '@customers.example',
    number || ' Forest Road',
    (ARRAY['bronze', 'bronze', 'bronze', 'bronze', 'silver', 'silver', 'gold', 'platinum'])[1 + number % 8],
    timestamptz '2026-01-05 09:00:00Z' + number * interval '1 millisecond'
FROM generate_series(1, 5000) AS number;
END $$;
