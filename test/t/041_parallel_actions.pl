# Do counts, aggregates, whole reads and streams of actions have parallel workers where PostgreSQL would give them to a query,
# and the same results with them as without?

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use AshTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = AshTest::init_node('main');
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'auto_explain'
auto_explain.log_min_duration = 0
auto_explain.log_nested_statements = on
max_parallel_workers = 4
CONF
$node->start;
AshTest::create_database($node, 'shop');

$node->safe_psql(
	'shop', q(
CREATE ROLE clerk;
CREATE SCHEMA app;
CREATE SCHEMA shop;
CREATE TABLE shop.item (id bigint PRIMARY KEY, n bigint, name text, owner_id bigint, org text NOT NULL);
CREATE FUNCTION app.safe(shop.item) RETURNS bigint LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS 'BEGIN RETURN $1.n * 2; END';
CREATE FUNCTION app.unsafe(shop.item) RETURNS bigint LANGUAGE plpgsql STABLE AS 'BEGIN RETURN $1.n * 2; END';
SELECT ash_define('{
  "domain": "shop",
  "resources": {
    "item": {
      "attributes": {"id": {"type": "integer", "primary_key": true, "allow_nil": false, "public": true}, "n": {"type": "integer", "public": true}, "name": {"type": "string", "public": true}, "owner_id": {"type": "integer", "public": true}, "org": {"type": "string", "allow_nil": false}},
      "multitenancy": {"attribute": "org"},
      "relationships": {"parts": {"has_many": "shop.part", "public": true}},
      "aggregates": {"part_count": {"count": "parts", "public": true}},
      "calculations": {"label": {"type": "string", "expr": "string_upcase(name) || string_length(name)", "public": true}, "share": {"type": "integer", "expr": "rem(100, n - 300)", "public": true},
        "safe": {"type": "integer", "function": "app.safe", "public": true}, "unsafe": {"type": "integer", "function": "app.unsafe", "public": true}},
      "field_policies": [{"fields": ["n"], "checks": [{"authorize_if": {"expr": "owner_id = actor.id"}}]}, {"fields": "*", "checks": [{"authorize_if": "always"}]}],
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "owner_id = actor.id or exists(parts, size = actor.size)"}}]}],
      "actions": {"read": {"type": "read", "primary": true, "pagination": {"keyset": true, "offset": true, "countable": true, "required": false}}}
    },
    "part": {"attributes": {"id": "integer_primary_key", "size": {"type": "integer", "public": true}},
      "relationships": {"item": {"belongs_to": "shop.item", "attribute_type": "integer", "public": true}}, "actions": {"defaults": ["read"]}},
    "account": {"security": "definer", "attributes": {"id": "integer_primary_key", "balance": {"type": "integer", "public": true}, "holder": {"type": "integer", "public": true}}, "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "holder = actor.id"}}]}]}
  }
}', true);
INSERT INTO shop.item SELECT i, i % 600, 'name ' || i % 50, i % 3, CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END FROM generate_series(1, 6000) AS i;
INSERT INTO shop.part (size, item_id) SELECT i % 7, 1 + i % 6000 FROM generate_series(1, 9000) AS i;
INSERT INTO shop.account (balance, holder) SELECT i, i % 3 FROM generate_series(1, 3000) AS i;
ANALYZE;
GRANT USAGE ON SCHEMA shop, app TO clerk;
GRANT SELECT, INSERT ON shop.item, shop.part TO clerk;));

my $session = q(SET ash.actor = '{"id": 1, "size": 5}'; SET ash.tenant = 'even'; SET jit = off; SET ROLE clerk;);
my $serial = 'SET max_parallel_workers_per_gather = 0;';
my $parallel = q(SET max_parallel_workers_per_gather = 2; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
	SET min_parallel_index_scan_size = 0; SET parallel_leader_participation = off;);

# What a script says, and the plans of its statements.
sub run
{
	my ($settings, $script) = @_;
	my $before = -s $node->logfile;
	my ($status, $out, $error) = $node->psql('shop', "$settings $session $script", on_error_stop => 0);

	$error = join "\n", grep { !/^(CONTEXT|HINT):|^parallel worker/ } split /\n/, $error;
	$error =~ s/^psql:<stdin>:\d+: //mg;
	return ("$out$error", slurp_file($node->logfile, $before));
}

# name, script, has it workers?  No plan is logged of a statement that fails.
my @cases = (
	[ 'count', q(SELECT ash_count('shop.item');), 1 ],
	[ 'count with a filter', q(SELECT ash_count('shop.item', '{"filter": {"name": {"contains": "4"}, "part_count": {"gt": 0}}}');), 1 ],
	[ 'count by a masked field', q(SELECT ash_count('shop.item', '{"filter": {"n": {"gt": 100}}}');), 1 ],
	[ 'sum', q(SELECT ash_sum('shop.item', 'n');), 1 ],
	[ 'several', q(SELECT ash_aggregate('shop.item', '{"a": {"kind": "count"}, "b": {"kind": "max", "field": "n"}, "c": {"kind": "avg", "field": "id"}}');), 1 ],
	[ 'the count of a page', q(SELECT ash_read('shop.item', '{"sort": "id", "page": {"limit": 3, "count": true}}');), 1 ],
	[ 'a whole read', q(SELECT ash_read('shop.item', '{"sort": "id", "filter": {"name": "name 4"}, "load": ["label"]}');), 1 ],
	[ 'with loads', q(SELECT ash_read('shop.item', '{"sort": "id", "filter": {"name": {"in": ["name 4", "name 6"]}}, "load": ["part_count", {"parts": {"sort": "id"}}]}');), 1 ],
	[ 'a calculation by a function that is safe', q(SELECT ash_read('shop.item', '{"sort": "id", "filter": {"name": "name 4"}, "load": ["safe"]}');), 1 ],
	[ 'and one that is not', q(SELECT ash_read('shop.item', '{"sort": "id", "filter": {"name": "name 4"}, "load": ["unsafe"]}');), 0 ],
	[ 'a stream', q(SELECT string_agg((row::jsonb - '_keyset')::text, '') FROM ash_stream('shop.item', '{"batch_size": 500, "sort": "name"}') AS row;), 1 ],
	[ 'a page', q(SELECT ash_read('shop.item', '{"sort": "name", "page": {"limit": 3}}');), 0 ],
	[ 'a row by key', q(SELECT ash_get('shop.item', '4');), 0 ],
	[ 'a lock', q(SELECT ash_read('shop.item', '{"filter": {"id": {"lt": 9}}, "sort": "id", "lock": "for key share"}');), 0 ],
	[ 'rows read with the rights of their owner', q(SELECT ash_count('shop.account'), ash_sum('shop.account', 'balance');), 1 ],
	[ 'rows this transaction has written', q(BEGIN; INSERT INTO shop.item SELECT i, 1, 'new', 1, 'even' FROM generate_series(10001, 10100) AS i; SELECT ash_count('shop.item', '{"filter": {"name": "new"}}');
		SAVEPOINT s; DELETE FROM shop.part; INSERT INTO shop.item VALUES (10101, 1, 'new', 1, 'even'); SELECT ash_count('shop.item', '{"filter": {"name": "new"}}'); ROLLBACK;), 1 ],
	[ 'an error in a worker', q(SELECT ash_sum('shop.item', 'share'); SELECT ash_count('shop.item', '{"filter": {"share": {"gt": 3}}}');), undef ],
	[ 'a call inside of a statement', q(SELECT sum(n), ash_count('shop.item') FROM generate_series(1, 3) AS n GROUP BY 2;), 1 ],
	[ 'a call of a function', q(DO $$ BEGIN RAISE INFO '%', ash_sum('shop.item', 'n'); EXCEPTION WHEN OTHERS THEN RAISE INFO 'no'; END $$;), 1 ]);
$node->safe_psql('shop', 'GRANT DELETE ON shop.part TO clerk; GRANT UPDATE ON shop.item TO clerk');

foreach my $case (@cases)
{
	my ($name, $script, $workers) = @$case;
	my ($expected, $serial_log) = run($serial, $script);
	my ($result, $log) = run($parallel, $script);

	is($result, $expected, $name);
	unlike($serial_log, qr/Gather/, "$name: no workers where there may be none");
	next unless defined $workers;
	$workers ? like($log, qr/Gather/, "$name: with workers") : unlike($log, qr/Gather/, "$name: without workers");
}

# The results are those of ordinary SQL, not the same mistake twice.
my $ours = q(org = 'even' AND (owner_id = 1 OR EXISTS (SELECT FROM shop.part AS p WHERE p.item_id = i.id AND p.size = 5)));
is((run($parallel, q(SELECT ash_count('shop.item');)))[0], $node->safe_psql('shop', "SELECT count(*) FROM shop.item AS i WHERE $ours"), 'what policies and tenant let through');
is((run($parallel, q(SELECT ash_sum('shop.item', 'n');)))[0], $node->safe_psql('shop', "SELECT sum(n) FROM shop.item AS i WHERE $ours AND owner_id = 1"), 'what field policies let through');
is((run($parallel, q(SELECT ash_sum('shop.account', 'balance');)))[0], $node->safe_psql('shop', 'SELECT sum(balance) FROM shop.account WHERE holder = 1'), 'of an owner');
like((run($parallel, q(SELECT count(*) FROM shop.account;)))[0], qr/permission denied/, 'whom the caller is not');

# Functions that statements of actions name, by what they depend on.
is($node->safe_psql('shop', q(SELECT string_agg(DISTINCT proparallel::text, '') FROM pg_proc WHERE pronamespace = 'ash'::regnamespace
	AND proname ~ '^(string|list|date|datetime|start)_')), 's', 'functions of expressions depend on their arguments');
is($node->safe_psql('shop', q(SELECT string_agg(DISTINCT proparallel::text, '') FROM pg_proc WHERE pronamespace = 'ash'::regnamespace AND proname IN ('actor', 'actor_value', 'tenant_value', 'not_found'))), 'r', 'those of the session stay with it');

$node->stop;
done_testing();
