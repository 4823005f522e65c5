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

#define SEEN(name, kind, flags, dflt, doc)                                         \
	{                                                                              \
		name, ASH_OPT_##kind, 0, (flags) | ASH_OPT_UNFILLED, dflt, NULL, NULL, doc \
	}

static const AshOpt named_constraint_options[] = {
	{ "fields", ASH_OPT_NAMES, offsetof(AshNamedConstraint, fields),
	  ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY, NULL, NULL, NULL, "attributes the error is about" },
	{ "message", ASH_OPT_STRING, offsetof(AshNamedConstraint, message), ASH_OPT_NONEMPTY, NULL,
	  NULL, NULL, "message of the error; that of its kind when absent" },
	ASH_OPT_END,
};
const AshSpec ash_named_constraint_spec = {
	"named_constraint", sizeof(AshNamedConstraint), named_constraint_options, "fields",
	"A constraint or index that others made: its violation becomes an error, and it stays"
};

static const char *const strategies[] = { "range", "list", "hash", NULL };

static const AshOpt partition_by_options[] = {
	{ "strategy", ASH_OPT_ENUM, 0, ASH_OPT_REQUIRED | ASH_OPT_UNFILLED, NULL, strategies, NULL,
	  "how rows are told apart" },
	SEEN("fields", NAMES, ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY, NULL, "attributes of the key"),
	ASH_OPT_END,
};
const AshSpec ash_partition_by_spec = { "partition_by", 0, partition_by_options, NULL,
										"The key of a partitioned table" };

static const AshOpt table_options[] = {
	SEEN("storage_parameters", JSON, 0, NULL,
		 "storage parameters by name, as \"fillfactor\" or \"toast.autovacuum_enabled\"; others "
		 "are reset"),
	SEEN("unlogged", BOOL, 0, NULL, "rows are lost in a crash"),
	SEEN("tablespace", NAME, 0, NULL, "tablespace of the table"),
	{ "partition_by", ASH_OPT_OBJECT, 0, ASH_OPT_UNFILLED, NULL, NULL, &ash_partition_by_spec,
	  "makes a partitioned table; its partitions are yours" },
	ASH_OPT_END,
};
const AshSpec ash_create_table_options_spec = {
	"create_table_options", 0, table_options, NULL,
	"How the table is stored; what is absent is left as it is"
};
