/*-------------------------------------------------------------------------
 *
 * src/spec/unsupported_options.c
 *	  Options of the framework that are not supported, each with the reason.
 *
 * A document that uses one is refused instead of being accepted without effect; the
 * reason becomes part of the message, so it should say what to use instead.  This is
 * the only list of them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "spec/spec.h"

typedef struct Unsupported
{
	const char *spec; /* name of the spec, or NULL for any */
	const char *option;
	const char *reason;
} Unsupported;

static const Unsupported unsupported[] = {
	{ "domain", "execution", "set \"timeout\" on the action, or statement_timeout for the role" },
	{ "domain", "code_interface", "define the interface on the resource" },
	{ "domain", "extensions", "there are no compile-time extensions" },
	{ "resource", "notifiers",
	  "ask for notifications with \"return_notifications\" in the options of the call" },
	{ "resource", "simple_notifiers",
	  "ask for notifications with \"return_notifications\" in the options of the call" },
	{ "resource", "pub_sub",
	  "ask for notifications with \"return_notifications\" in the options of the call" },
	{ "resource", "data_layer",
	  "PostgreSQL is the data layer; use \"embedded\" for embedded resources" },
	{ "resource", "extensions", "there are no compile-time extensions" },
	{ "resource", "fragments", "a document is data: put it together before it is defined" },
	{ "resource", "trace_name", "there is no tracer" },
	{ "resource", "plural_name", "no name is derived from it" },
	{ "resource", "polymorphic", "a resource has one table" },
	{ "resource", "polymorphic_name", "a resource has one table" },
	{ "resource", "polymorphic_on_delete", "a resource has one table" },
	{ "resource", "polymorphic_on_update", "a resource has one table" },
	{ "resource", "repo", "the tables are in this database" },
	{ "resource", "prefix", "use \"schema\"" },
	{ "resource", "migration_types",
	  "a column has the type of its attribute; \"type\" may be a type of PostgreSQL, as "
	  "\"varchar(20)\"" },
	{ "resource", "storage_types",
	  "a column has the type of its attribute; \"type\" may be a type of PostgreSQL, as "
	  "\"varchar(20)\"" },
	{ "resource", "identity_index_names", "use \"index_name\" of the identity" },
	{ "resource", "check_constraint_names", "use \"check_constraints\", without \"check\"" },
	{ "resource", "identity_wheres_to_sql", "the SQL is made of the identity's \"where\"" },
	{ "resource", "base_filter_sql", "the SQL is made of \"base_filter\"" },
	{ "resource", "calculations_to_sql", "the SQL is made of the calculation's \"expr\"" },
	{ "resource", "simple_join_first_aggregates", "the engine decides how an aggregate is read" },
	{ "resource", "manage_tenant", "only tenants of the strategy \"attribute\" are supported" },
	{ "resource", "references", "they stand in the relationship, as \"references\"" },
	{ "resource", "postgres", "its options stand in the resource itself" },
	{ "relationship", "could_be_related_at_creation",
	  "it only spares the framework a read of rows that cannot be there yet" },
	{ "action", "touches_resources", "a PostgreSQL transaction covers every table" },
	{ "action", "require_atomic",
	  "every action is one transaction; the engine decides how a row is written" },
	{ "action", "error_handler", "errors are data: read them with ash_try_action" },
	{ "action", "notifiers",
	  "ask for notifications with \"return_notifications\" in the options of the call" },
	{ "action", "atomic_upgrade", "the engine decides how a row is written" },
	{ "action", "atomic_upgrade_with", "the engine decides how a row is written" },
	{ "action", "modify_query", "use \"filter\" and \"prepare\"" },
	{ "action", "action_select", "use \"select\" in the options of the call" },
	{ "action", "pipe_through", "list the steps in the action" },
	{ "action", "allow_post_action_authorization",
	  "creates are authorized in the engine's own order" },
	{ "step", "always_atomic",
	  "the row is locked before its changes run, so what they compute from it still holds when it "
	  "is written; use \"atomic_update\" to compute it in the statement" },
	{ "calculation", "async", "PostgreSQL decides about parallel workers" },
	{ "calculation", "field",
	  "nothing is kept in a record: a calculation is there when a load names it" },
	{ "calculation", "multitenancy", "a calculation follows its resource" },
	{ "calculation", "calculation",
	  "use \"expr\", \"function\", \"batch_function\" or \"concat\"" },
	{ "aggregate", "multitenancy", "an aggregate follows its resources" },
	{ "identity", "eager_check_with",
	  "a resource has one domain, which the check reads with; use \"eager_check\"" },
	{ "identity", "pre_check_with",
	  "a resource has one domain, which the check reads with; use \"pre_check\"" },
	{ "embedded", "read_action", "an embedded value is read with its record" },
	{ "embedded", "domain", "name the resource with its domain, as \"domain.resource\"" },
	{ "multitenancy", "tenant_from_attribute",
	  "the tenant of a record is that of the call that read it" },
	{ "multitenancy", "template", "only the strategy \"attribute\" is supported" },
	{ "code_interface", "custom_input", "use \"custom_inputs\"" },
};

/* spec is AshSpec.name. */
const char *
ash_spec_unsupported(const char *spec, const char *option)
{
	int i;

	for (i = 0; i < lengthof(unsupported); i++)
	{
		if (strcmp(unsupported[i].option, option) == 0 &&
			(unsupported[i].spec == NULL || strcmp(unsupported[i].spec, spec) == 0))
			return unsupported[i].reason;
	}
	return NULL;
}
