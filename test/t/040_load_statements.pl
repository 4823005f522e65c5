# Does a load issue as many statements for 500 records as for one?

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";

use AshTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = AshTest::init_node('main');
$node->append_conf('postgresql.conf',
	"shared_preload_libraries = 'pg_stat_statements'\npg_stat_statements.track = 'all'\n");
$node->start;
AshTest::create_database($node, 'shop');
$node->safe_psql('shop', 'CREATE EXTENSION pg_stat_statements');

$node->safe_psql(
	'shop', q(
CREATE SCHEMA app;
CREATE FUNCTION app.twins(records jsonb, options jsonb, context jsonb) RETURNS jsonb LANGUAGE sql AS
$$ SELECT jsonb_object_agg(id, jsonb_build_array(id::int, id::int % 500 + 1)) FROM jsonb_array_elements_text(records) AS r(id) $$;
SELECT ash_define('{
  "domain": "shop",
  "resources": {
    "maker": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}},
      "relationships": {
        "items": {"has_many": "shop.item", "public": true},
        "best": {"has_one": "shop.item", "public": true, "sort": ["-id"]},
        "orders": {"has_many": "shop.order", "through": ["items", "orders"], "public": true},
        "twins": {"has_many": "shop.maker", "manual": "app.twins", "public": true},
        "later": {"has_many": "shop.item", "no_attributes": true, "filter": "maker_id = parent.id and id > parent.id", "public": true},
        "all_items": {"has_many": "shop.item", "public": true, "authorize_read_with": "error"}
      },
      "calculations": {"label": {"type": "string", "expr": "name || ''!''", "public": true}},
      "aggregates": {"item_count": {"count": "items", "public": true}, "order_count": {"count": "items.orders", "public": true}},
      "actions": {"defaults": ["read"]}
    },
    "item": {
      "attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}},
      "relationships": {
        "maker": {"belongs_to": "shop.maker", "attribute_type": "integer", "public": true},
        "orders": {"has_many": "shop.order", "public": true},
        "tags": {"many_to_many": "shop.tag", "through": "shop.item_tag", "public": true}
      },
      "aggregates": {"order_count": {"count": "orders", "public": true}},
      "actions": {"defaults": ["read"]},
      "policies": [{"policy": "always", "checks": [{"authorize_if": {"expr": "name <> ''hidden''"}}]}]
    },
    "order": {"attributes": {"id": "integer_primary_key"}, "relationships": {"item": {"belongs_to": "shop.item", "attribute_type": "integer", "public": true}},
      "actions": {"defaults": ["read"]}},
    "tag": {"attributes": {"id": "integer_primary_key", "name": {"type": "string", "public": true}}, "actions": {"defaults": ["read"]}},
    "item_tag": {"attributes": {"item_id": {"type": "integer", "primary_key": true, "allow_nil": false}, "tag_id": {"type": "integer", "primary_key": true, "allow_nil": false}},
      "actions": {"defaults": ["read"]}}
  }
}', true);
INSERT INTO shop.maker (name) SELECT 'm' || i FROM generate_series(1, 500) AS i;
INSERT INTO shop.item (name, maker_id) SELECT 'i' || i, i % 500 + 1 FROM generate_series(1, 1500) AS i;
INSERT INTO shop.order (item_id) SELECT i % 1500 + 1 FROM generate_series(1, 3000) AS i;
INSERT INTO shop.tag (name) SELECT 't' || i FROM generate_series(1, 20) AS i;
INSERT INTO shop.item_tag SELECT i, i % 20 + 1 FROM generate_series(1, 1500) AS i;
));

# Statements that a call issues itself, once everything is compiled and planned.
sub statements
{
	my ($call) = @_;
	my $out = $node->safe_psql(
		'shop', qq(
SET jit = off;
SELECT length(($call)::text) > 2 \\g (format=unaligned) /dev/null
SELECT pg_stat_statements_reset() IS NOT NULL \\g /dev/null
SELECT ($call)::text \\g /dev/null
SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE NOT toplevel AND query NOT LIKE '%jsonb_object_agg%';
));
	return (split /\n/, $out)[-1];
}

# How many statements each load may cost: that of the records, and one for each relationship.
my %loads = (
	'["item_count", "order_count", "label"]' => 1,
	'["items"]' => 2,
	'["best"]' => 2,
	'["orders"]' => 2,
	'["twins"]' => 2,
	'["later"]' => 2,
	'["all_items"]' => 3,
	'[{"items": ["maker"]}]' => 3,
	'[{"items": ["tags"]}]' => 3,
	'[{"items": [{"orders": [{"item": ["maker"]}]}]}]' => 5,
	'[{"items": {"limit": 2, "sort": "-name", "load": ["order_count"]}}]' => 2,
	'[{"items": {"page": {"limit": 1, "count": true}}}]' => 3,
	'[{"twins": ["twins", "item_count"]}, "items", "best"]' => 5,);

foreach my $load (sort keys %loads)
{
	foreach my $n (1, 50, 500)
	{
		is(statements(qq(ash_read('shop.maker', '{"sort": "id", "limit": $n, "load": $load}'))),
			$loads{$load}, "$n records with $load");
	}
	foreach my $n (1, 500)
	{
		my $records = '[' . join(', ', 1 .. $n) . ']';

		# the records, and what they do not hold themselves
		cmp_ok(statements(qq(ash_load('shop.maker', '$records', '$load'))),
			'<=', $loads{$load} + 1, "$n held records with $load");
	}
}

$node->stop;
done_testing();
