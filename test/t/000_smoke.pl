# Can the extension be created in any schema, dropped without a trace, and created again?

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use AshTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = AshTest::new_node('main');

# Everything a user or the extension could leave behind, by kind and name.
my $objects = q(
	SELECT string_agg(line, E'\n' ORDER BY line COLLATE "C") FROM (
		SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'
		UNION ALL SELECT 'relation ' || oid::regclass FROM pg_class WHERE relnamespace <> 'pg_toast'::regnamespace
		UNION ALL SELECT 'function ' || oid::regprocedure FROM pg_proc
		UNION ALL SELECT 'type ' || oid::regtype FROM pg_type WHERE typnamespace <> 'pg_toast'::regnamespace
		UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger
		UNION ALL SELECT 'extension ' || extname FROM pg_extension) AS o(line));

# Functions of the extension that stand neither in its schema nor in the catalog's.
my $astray = q(
	SELECT count(*) FROM pg_depend d
	JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
	JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
	WHERE e.extname = 'ash' AND p.pronamespace <> e.extnamespace AND p.pronamespace <> 'ash'::regnamespace);

$node->safe_psql('postgres', 'CREATE SCHEMA "has space"');
my $before = $node->safe_psql('postgres', $objects);

foreach my $round (1, 2)
{
	$node->safe_psql('postgres', 'CREATE EXTENSION ash SCHEMA "has space"');
	is($node->safe_psql('postgres', $astray), '0', "round $round: functions stand in the target schema");
	is( $node->safe_psql(
			'postgres', q(SELECT count(*) > 0 FROM pg_proc WHERE pronamespace = '"has space"'::regnamespace)),
		't',
		"round $round: the target schema has the API");

	$node->safe_psql('postgres', 'DROP EXTENSION ash');
	is($node->safe_psql('postgres', $objects), $before, "round $round: DROP EXTENSION leaves nothing");
}

# The library knows the extension may be absent: sessions that preload it go on.
is($node->safe_psql('template1', 'SELECT 1'), '1', 'a database without the extension works');

$node->stop;
done_testing();
