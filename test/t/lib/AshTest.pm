# test/t/lib/AshTest.pm: what the TAP tests share.
#
#	use FindBin;
#	use lib "$FindBin::Bin/lib";
#	use AshTest;
#
#	my $node = AshTest::new_node('main');         # started, the library preloaded
#	AshTest::create_database($node, 'shop');      # with the extension in it
#
# A node finds the library under test through TEMP_CONFIG (make check), or is one of an installation
# that has it (make installcheck).
package AshTest;

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

# A server of its own, initialized like the one of "make check" and not yet started. %init goes to
# PostgreSQL::Test::Cluster->init, e.g. allows_streaming => 1.
sub init_node
{
	my ($name, %init) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	push @{ $init{extra} }, '--encoding=UTF8', '--locale=C.UTF-8';
	$node->init(%init);
	$node->append_conf('postgresql.conf', "session_preload_libraries = 'ash'\n");
	return $node;
}

# The same, started.
sub new_node
{
	my $node = init_node(@_);

	$node->start;
	return $node;
}

# A database with the extension in schema public.
sub create_database
{
	my ($node, $database) = @_;

	$node->safe_psql('postgres', qq(CREATE DATABASE "$database"));
	$node->safe_psql($database, 'CREATE EXTENSION ash');
	return;
}

1;
