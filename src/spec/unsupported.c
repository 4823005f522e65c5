/*-------------------------------------------------------------------------
 *
 * src/spec/unsupported.c
 *	  Options of the framework that mean nothing here, each with the reason.
 *
 * A document that uses one is refused: an option that is accepted and ignored
 * would be a lie.  This is the only list of them.
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
	{ "resource", "default_context", "pass \"context\" in the options of the call" },
	{ "resource", "trace_name", "there is no tracer" },
	{ "resource", "short_name", "the short name is the key of the resource" },
	{ "resource", "plural_name", "nothing reads it" },
	{ "resource", "custom_statements", "run the statements yourself; migrations are ordinary DDL" },
	{ "resource", "polymorphic", "a resource has one table" },
	{ "relationship", "relationship_context", "a related read has no context of its own" },
	{ "relationship", "could_be_related_at_creation",
	  "it only advises an optimiser of the framework" },
	{ "relationship", "manual", "use \"no_attributes\" with a \"filter\"" },
	{ "relationship", "not_found_message", "use \"violation_message\"" },
	{ "relationship", "domain", "name the destination with its domain, as \"domain.resource\"" },
	{ "relationship", "read_action_arguments", "give the arguments in the load" },
	{ "relationship", "authorize_read_with", "related reads are always filtered" },
	{ "relationship", "allow_forbidden_field", "a forbidden related read is an error" },
	{ "relationship", "default_sort", "use \"sort\"" },
	{ "action", "touches_resources", "a PostgreSQL transaction covers every table" },
	{ "action", "manual", "use a generic action with \"run\"" },
	{ "action", "metadata", "use a calculation" },
	{ "action", "require_atomic",
	  "every action is one transaction; the engine decides how a row is written" },
	{ "argument", "allow_expr", "an argument is a value" },
	{ "action", "error_handler", "errors are data: read them with ash_try_action" },
	{ "action", "notifiers",
	  "ask for notifications with \"return_notifications\" in the options of the call" },
	{ "action", "atomic_upgrade", "the engine decides how a row is written" },
	{ "action", "atomic_upgrade_with", "the engine decides how a row is written" },
	{ "action", "modify_query", "use \"filter\" and \"prepare\"" },
	{ "action", "action_select", "use \"select\" in the options of the call" },
	{ "action", "pipe_through", "list the steps in the action" },
	{ "action", "return_skipped_upsert", "an upsert whose condition is false is a stale record" },
	{ "action", "allow_post_action_authorization",
	  "creates are authorized in the engine's own order" },
	{ "calculation", "async", "PostgreSQL decides about parallel workers" },
	{ "calculation", "field", "every calculation is a field" },
	{ "calculation", "multitenancy", "a calculation follows its resource" },
	{ "calculation", "calculation", "use \"expr\" or \"function\"" },
	{ "calculation", "batch_function", "use \"function\", which gets one row" },
	{ "calculation", "concat", "use \"expr\": a || ' ' || b" },
	{ "aggregate", "multitenancy", "an aggregate follows its resources" },
	{ "identity", "eager_check_with", "the domain is known; use \"eager_check\"" },
	{ "identity", "pre_check_with", "the domain is known; use \"pre_check\"" },
	{ "embedded", "load", "name the calculations in the load of the read" },
	{ "embedded", "read_action", "an embedded value is read with its record" },
	{ "embedded", "domain", "name the resource with its domain, as \"domain.resource\"" },
	{ "multitenancy", "parse_attribute", "the tenant is cast to the attribute's type" },
	{ "multitenancy", "tenant_from_attribute", "the tenant is the attribute's value" },
	{ "multitenancy", "template", "only the strategy \"attribute\" is supported" },
	{ "expression", "fragment",
	  "an expression is SQL: call PostgreSQL's function, or one of the domain's \"functions\"" },
	{ "expression", "lazy", "call one of the domain's \"functions\"" },
	{ "expression", "composite_type", "use a map or an embedded resource" },
	{ "expression", "cond", "use case when … then … else … end" },
	{ "expression", "custom", "define the aggregate on the resource and use its name" },
	{ "expression", "vector_l2_distance", "register it under the domain's \"functions\"" },
	{ "expression", "vector_cosine_distance", "register it under the domain's \"functions\"" },
	{ "expression", "==", "write =" },
	{ "expression", "&&", "write and between conditions; for values use if(a, b, a)" },
	{ "code_interface", "default_options", "pass options to ash_run_action" },
	{ "code_interface", "exclude_inputs", "name the inputs in \"args\"" },
	{ "code_interface", "custom_input", "define an argument of the action" },
};

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
