/*-------------------------------------------------------------------------
 *
 * src/action/calculate.c
 *	  ash_calculate: one calculation, without a read (spec 9.6).
 *
 * The attributes it refers to come from options.refs, or from the record of
 * options.record. An expression that needs other rows needs the record.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/internal.h"

typedef struct Calculate
{
	AshBindings bindings; /* resolves arg.x to the calculation's arguments */
	AshBindings *outer;	  /* of the call, for everything else */
	AshCall *call;
	AshCalculation *calc;
	AshValue *args;
	AshValue *row; /* attribute values by index */
} Calculate;

static AshArgument *
find_argument(const AshCalculation *calc, const char *name)
{
	for (int i = 0; i < calc->nargs; i++)
		if (strcmp(calc->args[i]->name, name) == 0)
			return calc->args[i];
	return NULL;
}

/* AshBindings.resolve: the calculation's arguments shadow those of the action. */
static bool
resolve(AshBindings *bindings, AshTemplateKind kind, List *path, const AshTypeInst *type,
		AshValue *out)
{
	Calculate *calculate = bindings->call;
	AshArgument *arg;

	if (kind != ASH_TEMPLATE_ARG || list_length(path) != 1)
		return calculate->outer->resolve(calculate->outer, kind, path, type, out);
	arg = find_argument(calculate->calc, linitial(path));
	if (arg == NULL)
		return calculate->outer->resolve(calculate->outer, kind, path, type, out);
	*out = calculate->args[arg->index];
	return true;
}

static bool
attribute_value(void *context, const AshExpr *ref, AshValue *out)
{
	const Calculate *calculate = context;

	*out = calculate->row[ref->attribute->index];
	return true;
}

static void
argument_error(Calculate *calculate, const AshArgument *arg, const char *message)
{
	ash_error_add(calculate->call->errors, ASH_E_INVALID_CALCULATION_ARGUMENT, arg->name,
				  "Invalid value provided for calculation argument %s in %s: %s", arg->name,
				  calculate->calc->name, message);
}

/* Unknown keys of the arguments object. */
static void
check_names(Calculate *calculate, const Jsonb *arguments)
{
	JsonbIterator *it = JsonbIteratorInit(unconstify(JsonbContainer *, &arguments->root));
	JsonbIteratorToken token;
	JsonbValue key;

	while ((token = JsonbIteratorNext(&it, &key, true)) != WJB_DONE)
	{
		char *name;

		if (token != WJB_KEY)
			continue;
		name = pnstrdup(key.val.string.val, key.val.string.len);
		if (find_argument(calculate->calc, name) == NULL)
			ash_error_add(calculate->call->errors, ASH_E_NO_SUCH_INPUT, name,
						  "No such input `%s` for calculation %s", name, calculate->calc->name);
	}
}

static void
cast_argument(Calculate *calculate, const AshArgument *arg, const Jsonb *arguments)
{
	AshCast cast = { .errors = calculate->call->errors,
					 .code = ASH_E_INVALID_CALCULATION_ARGUMENT,
					 .field = arg->name };
	AshValue *out = &calculate->args[arg->index];
	JsonbValue value;

	out->isnull = true;
	if (arguments != NULL && ash_jsonb_get(arguments, arg->name, strlen(arg->name), &value))
	{
		if (!ash_type_cast(arg->type, &value, &cast, out))
			return;
	}
	else if (arg->has_default)
		ash_call_default(calculate->call, &arg->dflt, arg->type, &cast, out);
	if (out->isnull && !arg->allow_nil)
		argument_error(calculate, arg, "is required");
}

static void
cast_arguments(Calculate *calculate, const Jsonb *arguments)
{
	calculate->args = palloc0(sizeof(AshValue) * Max(calculate->calc->nargs, 1));
	if (arguments != NULL && !JB_ROOT_IS_OBJECT(arguments))
	{
		ash_error_add(calculate->call->errors, ASH_E_INVALID_INPUT, NULL,
					  "the arguments of a calculation must be a JSON object");
		return;
	}
	if (arguments != NULL)
		check_names(calculate, arguments);
	for (int i = 0; i < calculate->calc->nargs; i++)
		cast_argument(calculate, calculate->calc->args[i], arguments);
}

/* A row made of options.refs; what is not given is null. */
static void
row_of_refs(Calculate *calculate, const Jsonb *refs)
{
	AshResource *res = calculate->call->res;

	for (int i = 0; i < res->nattributes; i++)
	{
		const AshAttribute *attr = res->attributes[i];
		AshCast cast = { .errors = calculate->call->errors,
						 .code = ASH_E_INVALID_ATTRIBUTE,
						 .field = attr->name };
		JsonbValue value;

		calculate->row[i].isnull = true;
		if (refs != NULL && JB_ROOT_IS_OBJECT(refs) &&
			ash_jsonb_get(refs, attr->name, strlen(attr->name), &value))
			ash_type_cast(attr->type, &value, &cast, &calculate->row[i]);
	}
}

static bool
in_memory(Calculate *calculate, AshExpr *expr, StringInfo out)
{
	AshValue value;

	calculate->bindings.resolve = resolve;
	calculate->bindings.call = calculate;
	calculate->bindings.errors = calculate->call->errors;
	if (!ash_expr_eval(expr, &calculate->bindings, attribute_value, calculate, &value))
		return false;
	ash_type_write_json(out, calculate->calc->type, &value);
	return true;
}

void
ash_action_calculate(AshCall *call, const char *name, const Jsonb *arguments, StringInfo out)
{
	MemoryContext old = MemoryContextSwitchTo(call->cxt);
	Calculate calculate = { .call = call, .outer = &call->bindings };
	AshExpr *expr;

	calculate.calc = ash_find_calculation(call->res, name);
	if (calculate.calc == NULL)
		ash_error_add(call->errors, ASH_E_NO_SUCH_FIELD, name,
					  "No such calculation %s for resource %s", name, call->res->name);
	else
		cast_arguments(&calculate, arguments);
	if (!ash_errors_any(call->errors))
	{
		calculate.row = palloc0(sizeof(AshValue) * Max(call->res->nattributes, 1));
		expr = ash_calculation_expr(call->res, calculate.calc, NULL);
		if (call->opts->record != NULL)
			ash_records_calculate(call, call->opts->record, calculate.calc, arguments, out);
		else if (!ash_expr_in_memory(expr))
			ash_error_add(call->errors, ASH_E_CALCULATION_REQUIRES_PRIMARY_KEY, NULL,
						  "Primary key is required for %s.%s, because it uses other rows",
						  call->res->name, name);
		else
		{
			row_of_refs(&calculate, call->opts->refs);
			if (!ash_errors_any(call->errors))
				in_memory(&calculate, expr, out);
		}
	}
	MemoryContextSwitchTo(old);
}
