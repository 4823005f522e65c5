# Do backends that have a definition compiled notice when another one changes it, the table, or the extension?

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use AshTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = AshTest::new_node('main');
AshTest::create_database($node, 'shop');

sub document
{
	my ($default, $more) = @_;
	$more //= '';
	return qq({"domain": "shop", "resources": {"item": {"attributes": {"id": "integer_primary_key", "n": {"type": "integer", "default": $default, "public": true} $more},
		"actions": {"defaults": ["read", {"create": "*"}]}}}});
}

my $create = q(SELECT ash_create('shop.item')->>'n');
my $a = $node->background_psql('shop', on_error_stop => 0);
my $b = $node->background_psql('shop', on_error_stop => 0);

sub define
{
	$node->safe_psql('shop', "SELECT ash_define(\$\$$_[0]\$\$, true)");
	return;
}

define(document(1));
is($a->query($create), '1', 'a backend compiles it');
is($b->query($create), '1', 'so does another');

foreach my $n (2 .. 6)
{
	define(document($n));
	is($a->query($create), $n, "definition $n in the one");
	is($b->query($create), $n, "and in the other");
}

# The table, by plain SQL.
$node->safe_psql('shop', 'ALTER TABLE shop.item ADD COLUMN extra int DEFAULT 9');
is($a->query($create), '6', 'a column more');
is($node->safe_psql('shop', 'SELECT extra FROM shop.item ORDER BY id DESC LIMIT 1'), '9', 'is filled by its default');
$node->safe_psql('shop', 'ALTER TABLE shop.item DROP COLUMN extra');
is($a->query($create), '6', 'a column less');
$node->safe_psql('shop', 'ALTER TABLE shop.item SET SCHEMA public; CREATE TABLE shop.item (LIKE public.item INCLUDING ALL)');
is($a->query(q(SELECT ash_count('shop.item'))), '0', 'another table of the same name');
is($b->query($create), '6', 'takes the rows');

# The catalog, by a restore that writes its rows.
$node->safe_psql('shop', q(UPDATE ash.resource SET expanded = replace(expanded::text, '6', '7')::json, revision = nextval('ash.revision_number') WHERE name = 'shop.item'));
is($a->query($create), '7', 'a catalog row written directly');

# The extension, dropped and created again.
$node->safe_psql('shop', 'DROP EXTENSION ash; CREATE EXTENSION ash');
like($a->query(q(SELECT ash_try_action('shop.item', 'create')#>>'{errors,0,code}')), qr/no_such_resource/, 'after DROP EXTENSION nothing is defined');
define(document(8));
is($a->query($create), '8', 'and can be defined again');

# In a database without the extension the library does nothing.
is($node->safe_psql('postgres', q(SET ash.actor = '{"id": 1}'; SELECT 1)), '1', 'a database without it');

$a->quit;
$b->quit;
$node->stop;
done_testing();
