# Does a backend that is cancelled, timed out, terminated or rolled back in the middle of an action leave the log, and itself, clean?

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use AshTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = AshTest::new_node('main');
AshTest::create_database($node, 'shop');

$node->safe_psql(
	'shop', q(
	CREATE SCHEMA shop;
	CREATE FUNCTION shop.slow(input jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE plpgsql AS
		$$BEGIN PERFORM ash_create('shop.item', '{"n": 100}'); PERFORM pg_sleep(180); RETURN '{}'; END$$;
	SELECT ash_define('{"domain": "shop", "resources": {"item": {"attributes": {"id": "integer_primary_key", "n": {"type": "integer", "public": true}},
		"identities": {"by_n": ["n"]},
		"actions": {"defaults": ["read", {"create": "*"}, {"update": "*"}], "slow": {"type": "action", "returns": "map", "run": "shop.slow"}}}}}', true);));

# A statement fails with an error, in a session that goes on working.
sub fails_and_goes_on
{
	my ($statement, $error, $name) = @_;
	my ($ret, $out, $err) = $node->psql('shop', "$statement\nSELECT ash_count('shop.item');", on_error_stop => 0);

	like($err, $error, "$name: the error");
	is((split /\n/, $out)[-1], '0', "$name: the session goes on and nothing is stored");
	return;
}

fails_and_goes_on(q(SET statement_timeout = '100ms'; SELECT ash_run_action('shop.item', 'slow');), qr/statement timeout/, 'timeout');
fails_and_goes_on(q(SET statement_timeout = '100ms'; SELECT ash_try_action('shop.item', 'slow');), qr/statement timeout/, 'timeout when asking for an answer');
fails_and_goes_on(q(BEGIN; SELECT ash_create('shop.item', '{"n": 1}'); SELECT 1 / 0; SELECT ash_create('shop.item'); ROLLBACK;), qr/division by zero/, 'a failed transaction');
fails_and_goes_on(q(BEGIN READ ONLY; SELECT ash_create('shop.item', '{"n": 1}'); ROLLBACK;), qr/read-only transaction/, 'a read-only transaction');
fails_and_goes_on(q(BEGIN; SAVEPOINT a; SELECT ash_create('shop.item', '{"n": 1}'); SELECT ash_create('shop.item', '{"n": 1}'); ROLLBACK TO a; SELECT ash_create('shop.item', '{"n": 1}'); ROLLBACK;),
	qr/has already been taken/, 'a savepoint');

# Terminated from outside.
my $session = $node->background_psql('shop', on_error_stop => 0);
my $pid = $session->query('SELECT pg_backend_pid()');
$session->{stdin} .= "SELECT ash_run_action('shop.item', 'slow');\n";
$session->{run}->pump_nb;
$node->poll_query_until('shop', qq(SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = $pid));
$node->safe_psql('shop', "SELECT pg_terminate_backend($pid)");
$node->poll_query_until('shop', qq(SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid));
is($node->safe_psql('shop', q(SELECT ash_count('shop.item'))), '0', 'terminated: nothing is stored');

# Ten thousand calls in one session do not make it grow.
my $growth = $node->safe_psql(
	'shop', q(
	DO $$BEGIN FOR i IN 1..500 LOOP PERFORM ash_create('shop.item', '{}'); PERFORM ash_read('shop.item', '{"limit": 1}'); END LOOP; END$$;
	CREATE TEMP TABLE used AS SELECT sum(total_bytes) AS bytes FROM pg_backend_memory_contexts;
	DO $$BEGIN FOR i IN 1..5000 LOOP PERFORM ash_create('shop.item', '{}'); PERFORM ash_read('shop.item', '{"limit": 1}'); END LOOP; END$$;
	SELECT sum(total_bytes) - (SELECT bytes FROM used) < 500000 FROM pg_backend_memory_contexts;));
is($growth, 't', 'many calls need no more memory than a few');

my $log = slurp_file($node->logfile);
unlike($log, qr/PANIC|TRAP|terminated by signal|XX000|cache lookup failed|reference leak|non-empty SPI stack/, 'the log is clean');

$node->stop;
done_testing();
