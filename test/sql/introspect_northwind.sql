\set ECHO none
\i test/pgtap.psql
BEGIN;
\i test/helpers.psql
SELECT plan(14);

-- Can a schema in the manner of Northwind be adopted: text keys, composite foreign keys, defaults of all kinds, odd names, arrays, views?

CREATE SCHEMA northwind;
CREATE TYPE northwind.address AS (street text, zip text);
CREATE TABLE northwind.customers (customer_id varchar(5) PRIMARY KEY, company_name varchar(40) NOT NULL, phones text[] NOT NULL DEFAULT '{}', home northwind.address);
CREATE TABLE northwind.employees (employee_id smallint PRIMARY KEY, last_name varchar(20) NOT NULL, hire_date date DEFAULT CURRENT_DATE, photo bytea, reports_to smallint REFERENCES northwind.employees);
CREATE TABLE northwind.orders (
	order_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id varchar(5) REFERENCES northwind.customers ON DELETE SET NULL, employee_id smallint REFERENCES northwind.employees,
	order_date date DEFAULT '1996-07-04', freight real DEFAULT 0 CHECK (freight >= 0), "ship name" text DEFAULT 'it''s', meta jsonb DEFAULT '{"a": 1}', paid boolean DEFAULT false NOT NULL,
	token uuid DEFAULT gen_random_uuid(), tags int[] DEFAULT ARRAY[1, 2], period tstzrange, source inet DEFAULT '127.0.0.1', note text DEFAULT '',
	took interval day to second(3), "at" time(3), seen timestamp(3), flags bit varying(5), code "char", cost money,
	CONSTRAINT no_future CHECK (order_date < '2100-01-01'::date OR paid) NOT VALID
);
CREATE TABLE northwind.order_details (
	order_id bigint REFERENCES northwind.orders ON DELETE CASCADE, product_id smallint, line smallint DEFAULT 1, unit_price real NOT NULL, quantity smallint NOT NULL DEFAULT 1,
	total real GENERATED ALWAYS AS (unit_price * quantity) STORED, PRIMARY KEY (order_id, product_id), UNIQUE NULLS NOT DISTINCT (order_id, line)
);
CREATE TABLE northwind.shipments (
	shipment_id uuid PRIMARY KEY DEFAULT gen_random_uuid(), order_id bigint, product_id smallint,
	CONSTRAINT shipped FOREIGN KEY (order_id, product_id) REFERENCES northwind.order_details ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
);
CREATE UNIQUE INDEX one_open_order ON northwind.orders (customer_id) WHERE NOT paid;
CREATE INDEX by_period ON northwind.orders USING gist (period);
CREATE INDEX by_meta ON northwind.orders USING gin (meta jsonb_path_ops);
CREATE INDEX by_date ON northwind.orders (order_date DESC NULLS LAST, customer_id COLLATE "C") INCLUDE (freight);
CREATE VIEW northwind.order_subtotals AS SELECT order_id, sum(total) AS subtotal FROM northwind.order_details GROUP BY order_id;
CREATE TABLE northwind.log (message text, at timestamp DEFAULT now());
CREATE TABLE northwind.archive (LIKE northwind.log INCLUDING ALL) WITH (fillfactor = 70);
CREATE TABLE northwind.child () INHERITS (northwind.customers);

SELECT ash_introspect('northwind') AS doc \gset
SELECT lives_ok(format('SELECT ash_define(%L)', :'doc'), 'the document is a definition');
SELECT is_empty($$SELECT operation, sql FROM ash_plan('northwind')$$, 'there is nothing to plan');
SELECT is_empty($$SELECT operation, sql FROM ash_migrate('northwind')$$, 'nor to migrate');
SELECT is(ash_introspect('northwind')::text, :'doc', 'the description stays the same');

SELECT lives_ok($$SELECT ash_create('northwind.customers', '{"customer_id": "ALFKI", "company_name": "Alfreds", "phones": ["1", "2"]}')$$, 'a text key and a list');
SELECT is(ash_create('northwind.orders', '{"customer_id": "ALFKI"}')::jsonb - '{token,period,employee_id,took,at,seen,flags,code,cost}'::text[],
	'{"order_id": 1, "customer_id": "ALFKI", "order_date": "1996-07-04", "freight": 0, "ship name": "it''s", "meta": {"a": 1}, "paid": false, "tags": [1, 2], "source": "127.0.0.1", "note": ""}',
	'defaults of the table');
SELECT is(ash_create('northwind.order_details', '{"order_id": 1, "product_id": 7, "unit_price": 2.5, "quantity": 4}')::jsonb, '{"order_id": 1, "product_id": 7, "line": 1, "unit_price": 2.5, "quantity": 4, "total": 10}', 'a generated column');
SELECT lives_ok($$SELECT ash_create('northwind.shipments', '{"order_id": 1, "product_id": 7}')$$, 'a foreign key of two columns');
SELECT is(ash_read('northwind.order_subtotals')::jsonb, '[{"order_id": 1, "subtotal": 10}]', 'a view');
SELECT is(ash_read('northwind.orders', '{"load": ["customer"], "select": ["order_id"]}')::jsonb #>> '{0,customer,company_name}', 'Alfreds', 'a related record');
SELECT matches(pg_temp.errors($$SELECT ash_create('northwind.orders', '{"customer_id": "ALFKI", "freight": -1}')$$), '^\w{5} invalid', 'a check of the table is an error of the input');
SELECT lives_ok($$SELECT ash_create('northwind.log', '{"message": "x"}')$$, 'a table without a key');
SELECT is(jsonb_array_length(ash_read('northwind.log')::jsonb), 1, 'can be read');
SELECT lives_ok($$SELECT ash_update('northwind.orders', '{"order_id": 1}', '{"paid": true, "period": "[2020-01-01,2021-01-01)"}')$$, 'updating with a range');

SELECT * FROM finish();
ROLLBACK;
