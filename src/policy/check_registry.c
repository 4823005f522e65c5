/*-------------------------------------------------------------------------
 *
 * src/policy/check_registry.c
 *	  The built-in checks as one list, and what their files share.
 *
 * The entries stand in the files that implement them, grouped by what they look
 * at.  The flat copy lives as long as the backend.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/value_template.h"
#include "policy/policy_internal.h"
#include "utils/memutils.h"

static const AshCheckDef *const tables[] = { ash_simple_checks, ash_actor_checks, ash_change_checks,
											 ash_query_checks, ash_function_checks };

static const AshOpt no_options[] = { ASH_OPT_END };

const AshSpec ash_no_options_spec = ASH_SPEC_CHECKED("check", no_options);

static int
table_length(const AshCheckDef *table)
{
	int n = 0;

	while (table[n].name != NULL)
		n++;
	return n;
}

/* All built-in checks in one array of *count entries, made on first use in TopMemoryContext. */
const AshCheckDef *
ash_checks(int *count)
{
	static AshCheckDef *checks = NULL;
	static int nchecks = 0;

	if (checks == NULL)
	{
		AshCheckDef *all;
		int total = 0;
		int filled = 0;

		for (int i = 0; i < lengthof(tables); i++)
			total += table_length(tables[i]);
		all = MemoryContextAlloc(TopMemoryContext, sizeof(AshCheckDef) * total);
		for (int i = 0; i < lengthof(tables); i++)
		{
			int n = table_length(tables[i]);

			memcpy(all + filled, tables[i], sizeof(AshCheckDef) * n);
			filled += n;
		}
		nchecks = total;
		checks = all;
	}
	*count = nchecks;
	return checks;
}

/*
 * The value of an option, compiled. A literal is cast to type here, without constraints; type
 * NULL leaves it JSON. In CurrentMemoryContext; NULL after adding an error at the option.
 */
AshTemplate *
ash_check_operand(AshResource *res, const char *option, json_t *node, const AshTypeInst *type,
				  AshErrors *errors)
{
	AshCast cast = { .errors = errors, .code = ASH_E_INVALID_DEFINITION, .no_constraints = true };
	AshTemplate *tmpl;

	ash_errors_push_name(errors, option);
	tmpl = ash_template_compile(node, errors);
	if (tmpl != NULL && tmpl->kind == ASH_TEMPLATE_EXPR &&
		ash_template_expr(res, NULL, tmpl, errors) == NULL)
		tmpl = NULL;
	if (tmpl != NULL && tmpl->kind == ASH_TEMPLATE_LITERAL && type != NULL)
	{
		if (ash_type_cast_json(type, node, &cast, &tmpl->value))
			tmpl->type = type;
		else
			tmpl = NULL;
	}
	ash_errors_pop(errors);
	return tmpl;
}

/* True if the value of an option, resolved for the call, is the same JSON as value. */
bool
ash_check_equals_json(AshCall *call, const AshTemplate *tmpl, const JsonbValue *value)
{
	JsonbValue wanted;

	ash_template_json(&call->bindings, tmpl, &wanted);
	return ash_jsonb_value_equal(&wanted, value);
}
