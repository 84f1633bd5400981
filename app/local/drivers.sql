-- The example database: who drives the trucks. Made once; from then on the table is its users'.
DO $$
BEGIN
IF to_regclass('driver') IS NOT NULL THEN
    RETURN;
END IF;

CREATE TABLE driver (
    id          bigint PRIMARY KEY,
    first_name  varchar(45) NOT NULL,
    last_name   varchar(45) NOT NULL,
    available   varchar(1) NOT NULL DEFAULT 'Y',
    birthdate   date,
    last_update timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX driver_last_update ON driver (last_update, id);

-- An UPDATE that does not speak of last_update would be found only by the source's full comparison.
CREATE FUNCTION driver_touched() RETURNS trigger LANGUAGE plpgsql AS $touched$
BEGIN
    IF NEW.last_update = OLD.last_update THEN
        NEW.last_update := now();
    END IF;
    RETURN NEW;
END $touched$;
CREATE TRIGGER driver_touched BEFORE UPDATE ON driver
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION driver_touched();

-- No row for driver 99: there is always one whom the database does not know.
INSERT INTO driver (id, first_name, last_name, available, birthdate, last_update) VALUES
    (10, 'George', 'Vetticaden', 'Y', '1978-05-12', '2017-10-02 05:44:12.001Z'),
    (11, 'Micky', 'Isaacson', 'Y', '1988-08-31', '2017-10-02 05:44:12.002Z'),
    (12, 'Laurence', 'Lindsey', 'Y', '1978-05-19', '2017-10-02 05:44:12.003Z'),
    (13, 'Nadia', 'Novak', 'Y', '1981-02-14', '2017-10-02 05:44:12.004Z'),
    (14, 'Bert', 'Haverkamp', 'N', '1969-11-03', '2017-10-02 05:44:12.005Z'),
    (15, 'Dolores', 'Quintana', 'Y', '1990-01-27', '2017-10-02 05:44:12.006Z'),
    (16, 'Samuel', 'Okafor', 'Y', '1975-09-08', '2017-10-02 05:44:12.007Z'),
    (17, 'Irene', 'Castellano', 'Y', '1986-04-22', '2017-10-02 05:44:12.008Z'),
    (18, 'Grant', 'Sorensen', 'Y', '1963-12-30', '2017-10-02 05:44:12.009Z'),
    (19, 'Priya', 'Raman', 'Y', '1992-06-17', '2017-10-02 05:44:12.009Z'),
    (20, 'Chester', 'Dunn', 'N', '1958-03-05', '2017-10-02 05:44:12.009Z'),
    (21, 'Lila', 'Page', 'Y', '1977-11-09', '2017-10-02 05:44:12.010Z'),
    (22, 'Patricia', 'Coleman', 'Y', '1983-07-11', '2017-10-02 05:44:12.010Z'),
    (23, 'Janek', 'Kowal', 'Y', '1979-10-25', '2017-10-02 05:44:12.010Z'),
    (24, 'Mabel', 'Thornton', 'Y', '1971-01-19', '2017-10-02 05:44:12.011Z'),
    (25, 'Jean', 'Lefevre', 'Y', '1968-08-02', '2017-10-02 05:44:12.011Z'),
    (26, 'Michael', 'Aube', 'Y', '1984-05-28', '2017-10-02 05:44:12.011Z'),
    (27, 'Walter', 'Ward', 'Y', '1985-07-24', '2017-10-02 05:44:12.012Z'),
    (28, 'Olivia', 'Marsh', 'Y', '1991-03-16', '2017-10-02 05:44:12.013Z'),
    (29, 'Teresa', 'Winfield', 'N', '1966-09-21', '2017-10-02 05:44:12.014Z'),
    (30, 'Dan', 'Rice', 'Y', '1980-12-06', '2017-10-02 05:44:12.015Z'),
    (31, 'Rommel', 'Garcia', 'Y', '1976-02-29', '2017-10-02 05:44:12.016Z'),
    (32, 'Ryan', 'Templeton', 'Y', '1987-06-01', '2017-10-02 05:44:12.017Z'),
    (33, 'Aiko', 'Tanabe', 'Y', '1993-10-13', '2017-10-02 05:44:12.018Z'),
    (34, 'Elias', 'Brandt', 'Y', '1972-04-07', '2017-10-02 05:44:12.019Z'),
    (35, 'Ruth', 'Abernathy', 'Y', '1961-05-15', '2017-10-02 05:44:12.020Z'),
    (36, 'Marcus', 'Delgado', 'Y', '1989-08-23', '2017-10-02 05:44:12.021Z'),
    (37, 'Hannah', 'Lindqvist', 'Y', '1994-11-30', '2017-10-02 05:44:12.022Z'),
    (38, 'Victor', 'Petrov', 'N', '1970-07-04', '2017-10-02 05:44:12.023Z'),
    (39, 'Joyce', 'Mbeki', 'Y', '1982-01-10', '2017-10-02 05:44:12.024Z'),
    (40, 'Theo', 'Callahan', 'Y', '1974-03-26', '2017-10-02 05:44:12.025Z'),
    (41, 'Wanda', 'Sikora', 'Y', '1985-02-11', '2017-10-02 05:44:12.026Z'),
    (42, 'Arthur', 'Pereira', 'Y', '1979-10-12', '2017-10-02 05:44:12.027Z'),
    (43, 'Ingrid', 'Solberg', 'N', '1990-09-03', '2017-10-02 05:44:12.028Z'),
    (44, 'Desmond', 'Achebe', 'Y', '1967-06-24', '2017-10-02 05:44:12.029Z'),
    (45, 'Carla', 'Moretti', 'Y', '1988-12-18', '2017-10-02 05:44:12.030Z'),
    (46, 'Hugo', 'Lindgren', 'Y', '1973-07-29', '2017-10-02 05:44:12.031Z'),
    (47, 'Naomi', 'Fischer', 'Y', '1995-04-08', '2017-10-02 05:44:12.032Z'),
    (48, 'Ray', 'Dawson', 'Y', '1962-11-14', '2017-10-02 05:44:12.033Z'),
    (49, 'Yvonne', 'Leclair', 'N', '1981-08-20', '2017-10-02 05:44:12.034Z'),
    (50, 'Stan', 'Malone', 'Y', '1976-01-05', '2017-10-02 05:44:12.035Z');
END $$;
