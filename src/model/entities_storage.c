/*-------------------------------------------------------------------------
 *
 * src/model/entities_storage.c
 *	  Options that say how a table is stored, and what others have made of it.
 *
 * Tables only, as entities.c.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/entities.h"
#include "model/table_constraint.h"

static const AshOpt named_constraint_options[] = {
	ASH_OPTION(AshNamedConstraint, "fields", NAMES, fields,
			   .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
			   .doc = "attributes the error is about"),
	ASH_OPTION(AshNamedConstraint, "message", STRING, message, .flags = ASH_OPT_NONEMPTY,
			   .doc = "message of the error; that of its kind when absent"),
	ASH_OPT_END,
};
const AshSpec ash_named_constraint_spec = ASH_SPEC(
	"named_constraint", AshNamedConstraint, named_constraint_options, .shorthand = "fields",
	.doc = "A constraint or index that others made: its violation becomes an error, and it stays");

static const char *const strategies[] = { "range", "list", "hash", NULL };

static const AshOpt partition_by_options[] = {
	ASH_OPTION_CHECKED("strategy", ENUM, .flags = ASH_OPT_REQUIRED, .choices = strategies,
					   .doc = "how rows are told apart"),
	ASH_OPTION_CHECKED("fields", NAMES, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
					   .doc = "attributes of the key"),
	ASH_OPT_END,
};
const AshSpec ash_partition_by_spec =
	ASH_SPEC_CHECKED("partition_by", partition_by_options, .doc = "The key of a partitioned table");

static const AshOpt table_options[] = {
	ASH_OPTION_CHECKED(
		"storage_parameters", JSON,
		.doc =
			"storage parameters by name, as \"fillfactor\" or \"toast.autovacuum_enabled\"; others "
			"are reset"),
	ASH_OPTION_CHECKED("unlogged", BOOL, .doc = "rows are lost in a crash"),
	ASH_OPTION_CHECKED("tablespace", NAME, .doc = "tablespace of the table"),
	ASH_OPTION_CHECKED("partition_by", OBJECT, .fields = &ash_partition_by_spec,
					   .doc = "makes a partitioned table; its partitions are yours"),
	ASH_OPT_END,
};
const AshSpec ash_create_table_options_spec =
	ASH_SPEC_CHECKED("create_table_options", table_options,
					 .doc = "How the table is stored; what is absent is left as it is");
