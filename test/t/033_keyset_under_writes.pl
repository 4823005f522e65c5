# While another session inserts and commits between the pages: do keyset pages, forward and backward, hold every row that was there all the time once, and in order?

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use AshTest;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{ASH_SEED} // time;
srand($seed);
note "ASH_SEED=$seed";

my $node = AshTest::new_node('main');
AshTest::create_database($node, 'shop');

my $document = <<'JSON';
{"domain": "shop", "default_page_type": "keyset", "resources": {
  "item": {
    "attributes": {"id": "integer_primary_key",
      "a": {"type": "integer", "public": true}, "b": {"type": "string", "public": true}, "c": {"type": "string", "public": true}, "e": {"type": "integer", "allow_nil": false, "public": true},
      "f": {"type": "float", "public": true}, "n": {"type": "decimal", "public": true}, "t": {"type": "utc_datetime_usec", "public": true}, "u": {"type": "uuid", "public": true}},
    "relationships": {"group": {"belongs_to": "shop.group", "attribute_type": "integer", "public": true}, "parts": {"has_many": "shop.part", "public": true}},
    "aggregates": {"part_count": {"count": "parts", "public": true}, "part_max": {"max": "parts", "field": "size", "public": true}},
    "calculations": {"double": {"type": "integer", "expr": "a * 2 - 3", "public": true}},
    "actions": {"read": {"type": "read", "primary": true, "pagination": {"keyset": true, "required": false}},
      "by_group": {"type": "read", "prepare": [{"build": {"sort": ["group.name"]}}], "pagination": {"keyset": true}},
      "by_group_down": {"type": "read", "prepare": [{"build": {"sort": ["-group.name", "b"]}}], "pagination": {"keyset": true}}}
  },
  "group": {"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}}, "actions": {"defaults": ["read"]}},
  "part": {"attributes": {"id": "integer_primary_key", "size": {"type": "integer", "public": true}},
    "relationships": {"item": {"belongs_to": "shop.item", "attribute_type": "integer", "public": true}}, "actions": {"defaults": ["read"]}},
  "pair": {
    "attributes": {"id": {"type": "string", "primary_key": true, "allow_nil": false, "public": true}, "second": {"type": "integer", "primary_key": true, "allow_nil": false, "public": true}, "v": {"type": "integer", "public": true}},
    "actions": {"read": {"type": "read", "primary": true, "pagination": {"keyset": true, "required": false}}}
  }}}
JSON

$node->safe_psql('shop', "SELECT ash_define(\$doc\$$document\$doc\$, true)");

# Few values, so that there are ties and nulls; texts that collations order differently. Rows of the writer are marked by later keys.
$node->safe_psql(
	'shop', q(
	ALTER TABLE shop.item ALTER COLUMN b TYPE text COLLATE "und-x-icu", ALTER COLUMN c TYPE text COLLATE "C";
	CREATE SEQUENCE pairs;
	CREATE FUNCTION pick(list text[]) RETURNS text VOLATILE LANGUAGE sql AS $$ SELECT nullif(list[1 + floor(random() * cardinality(list))::int], '') $$;
	CREATE FUNCTION insert_items(number int) RETURNS void LANGUAGE sql AS $$
		WITH new AS (
			INSERT INTO shop.item (a, b, c, e, f, n, t, u, group_id)
			SELECT pick('{1,2,3,""}')::int, pick('{a,A,b,B,ä,Z,z,_,"",aa,AA,10,9}'), pick('{a,A,b,B,ä,Z,z,_,"",aa,AA,10,9}'), pick('{1,2,3}')::int,
				pick('{0,-0,0.1,0.30000000000000004,0.3,NaN,Infinity,1e-300,""}')::float8, pick('{1,1.0,1.00,-5,12345678901234567890.123456789,NaN,""}')::numeric,
				pick('{2024-01-01 00:00:00.000001+00,2024-01-01 00:00:00.000002+00,1999-12-31 23:59:59+00,infinity,""}')::timestamptz,
				pick('{00000000-0000-0000-0000-000000000001,ffffffff-0000-0000-0000-000000000001,""}')::uuid, pick('{1,2,3,4,""}')::int
			FROM generate_series(1, number) RETURNING id)
		INSERT INTO shop.part (item_id, size) SELECT id, pick('{1,2,3,""}')::int FROM new, generate_series(1, (random() * 3)::int);
		INSERT INTO shop.pair (id, second, v) SELECT pick('{a,A,b,B,ä,Z,z}'), nextval('pairs'), pick('{1,2,""}')::int FROM generate_series(1, number);
	$$ SET search_path = public;
	INSERT INTO shop."group" (id, name) VALUES (1, 'b'), (2, 'B'), (3, NULL), (4, 'a');
	SELECT insert_items(60);
	CREATE TABLE original AS SELECT id FROM shop.item;
	CREATE TABLE original_pair AS SELECT id, second FROM shop.pair;));

my $items = q(shop.item i LEFT JOIN shop."group" g ON g.id = i.group_id
	CROSS JOIN LATERAL (SELECT count(*) AS part_count, max(size) AS part_max FROM shop.part p WHERE p.item_id = i.id) AS x WHERE i.id IN (TABLE original));
my $reader = $node->background_psql('shop');
my $writer = $node->background_psql('shop');

# A page, as ash_read or ash_page gives it.
sub page
{
	my ($statement) = @_;

	return decode_json($reader->query($statement));
}

# Somebody else's rows, before and behind: what he inserts stays, or goes again. He rests when a walk has seen enough,
# for he may be faster than it.
my $writes = 0;

sub write_something
{
	return if $writes++ >= 20;
	$writer->query('SELECT insert_items(' . (1 + int(rand(4))) . ')');
	$writer->query('DELETE FROM shop.item WHERE id IN (SELECT id FROM shop.item WHERE id NOT IN (TABLE original) AND id NOT IN (SELECT item_id FROM shop.part WHERE item_id IS NOT NULL) ORDER BY random() LIMIT 2)');
	return;
}

sub undo_writes
{
	$writer->query('DELETE FROM shop.part WHERE item_id NOT IN (TABLE original)');
	$writer->query('DELETE FROM shop.item WHERE id NOT IN (TABLE original)');
	$writer->query('DELETE FROM shop.pair WHERE (id, second) NOT IN (TABLE original_pair)');
	$writes = 0;
	return;
}

# The keys of a page's rows, those of the writer left out.
sub keys_of
{
	my ($page, $original, $key) = @_;

	return grep { $original->{$_} } map { $key->($_) } @{ $page->{results} };
}

# Walks the whole resource by one sort and compares with what SQL says.
sub walk
{
	my ($resource, $sort, $key, $expected, $action) = @_;
	my @expected = split /\n/, $node->safe_psql('shop', $expected);
	my %original = map { $_ => 1 } @expected;
	my %action = $action ? (action => $action) : ();
	my $limit = 1 + int(rand(9));
	my $options = encode_json({ %action, sort => $sort, page => { limit => $limit } });
	my $name = join(' ', "$resource by $sort", values %action) . ", $limit a page";
	my @forward;

	my $page = page("SELECT ash_read('$resource', \$j\$$options\$j\$)");
	for (;;)
	{
		push @forward, keys_of($page, \%original, $key);
		last unless $page->{more};
		write_something();
		my $after = encode_json({ %action, sort => $sort, page => { limit => $limit, after => $page->{results}[-1]{_keyset} } });
		$page = page("SELECT ash_read('$resource', \$j\$$after\$j\$)");
	}
	is("@forward", "@expected", "$name: forward");

	# Back from the last page, or by the option before.
	$writes = 0;
	my @backward = keys_of($page, \%original, $key);
	my $by_page = rand() < 0.5;
	for (;;)
	{
		write_something();
		last unless @{ $page->{results} };
		my $before = encode_json({ %action, sort => $sort, page => { limit => $limit, before => $page->{results}[0]{_keyset} } });
		my $previous =
		  $by_page
		  ? page("SELECT ash_page('$resource', \$j\$" . JSON::PP->new->encode($page) . "\$j\$, 'prev', \$j\$$options\$j\$)")
		  : page("SELECT ash_read('$resource', \$j\$$before\$j\$)");

		# Before the first page ash_page gives the first again.
		last if $by_page && @{ $previous->{results} } && $previous->{results}[0]{_keyset} eq $page->{results}[0]{_keyset};
		unshift @backward, keys_of($previous, \%original, $key);
		$page = $previous;
	}
	is("@backward", "@expected", "$name: backward by " . ($by_page ? 'ash_page' : 'before'));
	undo_writes();
	return;
}

my %order = (
	'' => 'ASC NULLS LAST',
	'-' => 'DESC NULLS FIRST',
	'++' => 'ASC NULLS FIRST',
	'--' => 'DESC NULLS LAST');
my %column = (
	a => 'i.a', b => 'i.b', c => 'i.c', e => 'i.e', f => 'i.f', n => 'i.n', t => 'i.t', u => 'i.u', id => 'i.id',
	'group.name' => 'g.name', double => 'i.a * 2 - 3', part_count => 'part_count', part_max => 'part_max');

foreach my $sort ('', 'a', '-a', '++a', '--a', 'b', '-c,b', 'e', '-e', '-e,-id', 'e,-a', '++f,--n', 'n,-f', '-t,++u', 'part_count', '-part_max,--a', 'double,-b', 'group.name', '-group.name,++a', 'a,b,c,e,f,n,t,u')
{
	my @by;
	foreach my $item (split /,/, $sort)
	{
		my ($prefix, $field) = $item =~ /^([-+]*)(.*)$/;
		push @by, "$column{$field} $order{$prefix}";
	}
	walk('shop.item', $sort, sub { $_[0]{id} }, "SELECT i.id FROM $items ORDER BY " . join(', ', @by, 'i.id'));
}

# Along a to-one relationship, by a sort of the definition.
walk('shop.item', '', sub { $_[0]{id} }, "SELECT i.id FROM $items ORDER BY g.name ASC NULLS LAST, i.id", 'by_group');
walk('shop.item', '-a', sub { $_[0]{id} }, "SELECT i.id FROM $items ORDER BY g.name DESC NULLS FIRST, i.b ASC NULLS LAST, i.a DESC NULLS FIRST, i.id", 'by_group_down');

# A stream fetches its pages one after the other; rows are read while others come and go.
foreach my $sort ('a', '-b,e', '--n,-id')
{
	my @by = map { my ($prefix, $field) = /^([-+]*)(.*)$/; "$column{$field} $order{$prefix}" } split /,/, $sort;
	my @expected = split /\n/, $node->safe_psql('shop', "SELECT i.id FROM $items ORDER BY " . join(', ', @by, 'i.id'));
	my %original = map { $_ => 1 } @expected;
	my @seen;

	$reader->query("BEGIN; DECLARE rows CURSOR FOR SELECT ash_stream('shop.item', '{\"batch_size\": 7, \"sort\": \"$sort\"}') ->> 'id'");
	while ((my $id = $reader->query('FETCH 1 FROM rows')) ne '')
	{
		push @seen, grep { $original{$_} } $id;
		write_something() if rand() < 0.3;
	}
	$reader->query('COMMIT');
	is("@seen", "@expected", "a stream by $sort");
	undo_writes();
}

# A key of two columns, one of them text.
my $pair = sub { utf8::encode(my $id = $_[0]{id}); return "$id/$_[0]{second}" };
foreach my $sort ([ '', 'id, second' ], [ 'v', 'v ASC NULLS LAST, id, second' ], [ '-id', 'id DESC, second' ], [ 'second,-id', 'second, id DESC' ], [ '--v,-second', 'v DESC NULLS LAST, second DESC, id' ])
{
	walk('shop.pair', $sort->[0], $pair, "SELECT id || '/' || second FROM shop.pair WHERE (id, second) IN (TABLE original_pair) ORDER BY $sort->[1]");
}

$reader->quit;
$writer->quit;
$node->stop;
done_testing();
