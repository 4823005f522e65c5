# Definitions and tables that change all the time under sessions that call: is every answer a right one or an error that says what is missing?

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use AshTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = AshTest::new_node('main');
AshTest::create_database($node, 'shop');

# The n-th document: lengths, policies and columns differ.
sub document
{
	my ($n) = @_;
	my $max = 10 + $n;
	my $extra = $n % 3 == 0 ? ', "extra": {"type": "string", "public": true}' : '';

	return <<"JSON";
{"domain": "shop", "resources": {
  "item": {
    "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true, "constraints": {"max_length": $max}}, "owner": {"type": "integer", "public": true} $extra},
    "relationships": {"parts": {"has_many": "shop.part", "public": true}},
    "aggregates": {"part_count": {"count": "parts", "public": true}},
    "calculations": {"shout": {"type": "string", "expr": "string_upcase(name)", "public": true}},
    "actions": {"defaults": [{"create": "*"}, {"update": "*"}, "destroy"], "read": {"type": "read", "primary": true, "pagination": {"keyset": true, "required": false}}},
    "policies": [{"policy": {"action_type": ["create"]}, "checks": [{"authorize_if": {"function": "public.allowed"}}]},
      {"policy": "always", "checks": [{"authorize_if": {"expr": "owner = actor.id or exists(parts, id > $max)"}}]}],
    "code_interface": {"items": {"action": "read"}}
  },
  "part": {"attributes": {"id": "integer_primary_key"},
    "relationships": {"item": {"belongs_to": "shop.item", "attribute_type": "integer", "public": true}}, "actions": {"defaults": ["read", {"create": "*"}]}}
}}
JSON
}

# A policy that asks the database itself, and each way to the rows; what goes wrong is counted by SQLSTATE.
$node->safe_psql(
	'shop', q(
	CREATE FUNCTION allowed(subject jsonb, options jsonb, context jsonb) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN PERFORM ash_count('shop.part'); RETURN true; END$$;
	CREATE TABLE caught (state text, message text);
	CREATE FUNCTION call(kind int) RETURNS void LANGUAGE plpgsql AS $f$
	DECLARE
		result text;
	BEGIN
		EXECUTE (ARRAY[
			$s$SELECT count(*) FROM shop.item$s$,
			$s$UPDATE shop.item SET name = 'v' WHERE id = 7 RETURNING id$s$,
			$s$SELECT count(*) FROM shop.items() WHERE name LIKE 'n%'$s$,
			$s$SELECT ash_read('shop.item', '{"load": ["part_count", "shout", "parts"], "page": {"limit": 5}}')$s$,
			$s$SELECT ash_try_action('shop.item', 'create', '{"name": "abcdefghijklm", "owner": 1}')$s$,
			$s$SELECT ash_try_action('shop.item', 'update', '{"name": "u"}', '{"record": 1}')$s$,
			$s$SELECT ash_bulk_create('shop.item', '[{"name": "b", "owner": 1}, {"name": "c", "owner": 1}]', '{"return_errors": true}')$s$,
			$s$SELECT count(*) FROM ash_stream('shop.item', '{"batch_size": 7, "load": ["part_count"]}')$s$,
			$s$SELECT ash_try_action('shop.item', 'destroy', '{}', '{"record": 50}')$s$,
			$s$SELECT ash_explain_policies('shop.item', 'read')$s$,
			$s$SELECT ash_count('shop.part', '{"filter": {"item": {"name": "n1"}}}')$s$,
			$s$SELECT ash_explain('shop.item', 'read')$s$,
			$s$SELECT length(ash_create('shop.item', '{"name": "s", "owner": 1}')::text) / 0$s$])[kind] INTO result;
	EXCEPTION WHEN OTHERS THEN
		INSERT INTO caught VALUES (SQLSTATE, SQLERRM);
	END $f$;
	CREATE ROLE regress_caller LOGIN;
	GRANT INSERT ON caught TO regress_caller;));

sub define
{
	my ($n) = @_;

	return 'SELECT count(*) FROM ash_define($doc$' . document($n) . q{$doc$); SELECT count(*) FROM ash_migrate('shop', allow_destructive => true);};
}

my $fill = q(INSERT INTO shop.item (name, owner) SELECT 'n' || i % 10, i % 3 FROM generate_series(1, 60) AS i;
	INSERT INTO shop.part (item_id) SELECT id FROM shop.item;);
$node->safe_psql('shop', define(1) . 'GRANT USAGE ON SCHEMA shop TO regress_caller; GRANT ALL ON ALL TABLES IN SCHEMA shop TO regress_caller;' . $fill);

my $basedir = $node->basedir;
append_to_file("$basedir/calls.sql", qq(\\set kind random(1, 13)\nSET ash.actor = '{"id": 1}';\nSELECT call(:kind);\n));
my @command = ('pgbench', '-n', '-c', 3, '-T', 8, '-U', 'regress_caller', '-h', $node->host, '-p', $node->port, '-f', "$basedir/calls.sql", 'shop');
my ($out, $err) = ('', '');
my $calls = IPC::Run::start(\@command, '>', \$out, '2>', \$err);
my $end = time + 8;

for (my $n = 2; time < $end; $n++)
{
	my @changes = (
		define($n),
		'ALTER TABLE shop.item RENAME TO stuff; SELECT pg_sleep(0.01); ALTER TABLE shop.stuff RENAME TO item;',
		"ALTER TABLE shop.item ADD COLUMN more int; SELECT pg_sleep(0.01); ALTER TABLE shop.item DROP COLUMN more;",
		'BEGIN; ' . define($n + 1) . ' ROLLBACK;',
		'ALTER TABLE shop.item RENAME COLUMN owner TO chef; SELECT pg_sleep(0.01); ALTER TABLE shop.item RENAME COLUMN chef TO owner;',
		q(SELECT count(*) FROM ash_undefine('shop'); SELECT pg_sleep(0.01);) . define(1),
		q(CREATE INDEX ON shop.item (name); ANALYZE shop.item; SELECT count(*) FROM ash_migrate('shop', true);),
		"ALTER TABLE shop.item SET SCHEMA public; SELECT pg_sleep(0.01); ALTER TABLE public.item SET SCHEMA shop; TRUNCATE shop.item, shop.part; $fill");

	# A deadlock with a call ends a change; what it left undone is done by the next.
	$node->psql('shop', $changes[ $n % @changes ], on_error_stop => 0);
}
ok(IPC::Run::finish($calls), 'the sessions hold out') or diag $err;

# Errors of the call's own, and what is missing for a moment.
my %expected = map { $_ => 1 } ('22012', '22023', '42P01', '42703', '40P01', '42804');
my @states = split /\n/, $node->safe_psql('shop', 'SELECT state FROM caught GROUP BY state ORDER BY state');
is(join(' ', grep { !$expected{$_} } @states), '', 'no error but those that say what is missing')
  or diag $node->safe_psql('shop', 'SELECT state, message, count(*) FROM caught GROUP BY 1, 2 ORDER BY 1, 3 DESC LIMIT 20');
cmp_ok(($out =~ /actually processed: (\d+)/)[0], '>', 200, 'they called often');

# And when all is quiet again, everything works, in a session that saw it all or a new one.
$node->psql('shop', 'ALTER TABLE shop.stuff RENAME TO item', on_error_stop => 0);
$node->psql('shop', 'ALTER TABLE public.item SET SCHEMA shop', on_error_stop => 0);
$node->psql('shop', 'ALTER TABLE shop.item RENAME COLUMN chef TO owner', on_error_stop => 0);
$node->safe_psql('shop', define(3));
is($node->safe_psql('shop', 'SELECT count(*) FROM ash_plan()'), '0', 'the tables are what the definition says');
is($node->safe_psql('shop', q(SELECT ash_create('shop.item', '{"name": "last", "owner": 1, "extra": "x"}', '{"actor": {"id": 1}}')::jsonb - 'id')), '{"name": "last", "extra": "x", "owner": 1}', 'and actions run');

$node->stop;
unlike(slurp_file($node->logfile), qr/PANIC|TRAP|XX000|cache lookup failed|reference leak|non-empty SPI stack|terminated by signal/, 'the log is clean');
done_testing();
