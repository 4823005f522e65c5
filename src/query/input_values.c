/*-------------------------------------------------------------------------
 *
 * src/query/input_values.c
 *	  Values of run-time input: arguments of calculations, texts for messages.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/relationship.h"
#include "model/resource.h"
#include "query/query.h"

/* A value as it is shown in a message: its JSON, cut to a sane length. */
char *
ash_input_text(const JsonbValue *value)
{
	char *text = ash_jsonb_value_json(value);
	int len = strlen(text);

	if (len > 200)
		return psprintf("%s...", pnstrdup(text, pg_mbcliplen(text, len, 197)));
	return text;
}

/* A name of the input as it is shown: one that can be a name whole, others cut. */
const char *
ash_input_name(const char *name)
{
	int len = strlen(name);

	return len <= 200 ? name : psprintf("%s...", pnstrdup(name, pg_mbcliplen(name, len, 197)));
}

/* The names of the resource's fields and relationships that a caller may know. */
static List *
public_names(const AshResource *res)
{
	List *names = NIL;

	for (int i = 0; i < res->nattributes; i++)
	{
		if (res->attributes[i]->is_public)
			names = lappend(names, unconstify(char *, res->attributes[i]->name));
	}
	for (int i = 0; i < res->nrelationships; i++)
	{
		if (res->relationships[i]->is_public)
			names = lappend(names, unconstify(char *, res->relationships[i]->name));
	}
	for (int i = 0; i < res->ncalculations; i++)
	{
		if (res->calculations[i]->is_public)
			names = lappend(names, unconstify(char *, res->calculations[i]->name));
	}
	for (int i = 0; i < res->naggregates; i++)
	{
		if (res->aggregates[i]->is_public)
			names = lappend(names, unconstify(char *, res->aggregates[i]->name));
	}
	return names;
}

void
ash_input_suggest(AshErrors *errors, AshError *error, const AshResource *res, const char *name)
{
	MemoryContext old;

	if (ash_errors_full(errors))
		return;
	old = MemoryContextSwitchTo(errors->cxt);
	error->did_you_mean = ash_suggest(name, public_names(res));
	MemoryContextSwitchTo(old);
}

void
ash_input_no_such_field(AshErrors *errors, const AshResource *res, const char *name)
{
	AshError *error;

	name = ash_input_name(name);
	error = ash_error_add(errors, ASH_E_NO_SUCH_FIELD, name, "No such field %s for resource %s",
						  name, res->name);
	(void) ash_error_about(errors, error, name);
	ash_input_suggest(errors, error, res, name);
}

static void
add_argument_error(AshCall *call, const AshCalculation *calc, const AshArgument *arg,
				   const char *message, const JsonbValue *value)
{
	AshError *error =
		ash_error_add(call->errors, ASH_E_INVALID_CALCULATION_ARGUMENT, arg->name,
					  "Invalid value provided for calculation argument %s in %s: %s.\n\n%s\n",
					  arg->name, calc->name, message,
					  value == NULL || value->type == jbvNull ? "nil" : ash_input_text(value));

	ash_error_var_text(call->errors, error, "calculation", calc->name);
}

/* One argument; false after adding an error. */
static bool
cast_argument(AshCall *call, AshCalculation *calc, const AshArgument *arg, const JsonbValue *given,
			  AshValue *out)
{
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);
	AshCast cast = { .errors = errors,
					 .code = ASH_E_INVALID_CALCULATION_ARGUMENT,
					 .field = arg->name,
					 .call = call };
	bool ok;

	out->value = (Datum) 0;
	out->isnull = true;
	if (given == NULL && arg->has_default)
		ok = ash_call_default(call, &arg->dflt, arg->type, &cast, out);
	else
		ok = given == NULL || ash_type_cast(arg->type, given, &cast, out);
	if (!ok)
	{
		AshError *first = errors->items != NIL ? linitial(errors->items) : NULL;

		add_argument_error(call, calc, arg,
						   first != NULL && first->message != NULL ?
							   ash_error_interpolate(first->message, first->vars) :
							   "is invalid",
						   given);
		return false;
	}
	if (out->isnull && !arg->allow_nil)
	{
		add_argument_error(call, calc, arg, "is required", given);
		return false;
	}
	return true;
}

static bool
known_argument(const AshCalculation *calc, const JsonbValue *key)
{
	for (int i = 0; i < calc->nargs; i++)
	{
		if (strlen(calc->args[i]->name) == key->val.string.len &&
			memcmp(calc->args[i]->name, key->val.string.val, key->val.string.len) == 0)
			return true;
	}
	return false;
}

static bool
check_names(AshCall *call, const AshCalculation *calc, const Jsonb *given)
{
	JsonbIterator *it = ash_jsonb_walk(given);
	JsonbValue key;
	JsonbValue value;
	bool ok = true;

	while (ash_jsonb_next_member(&it, &key, &value))
	{
		const char *name;

		if (known_argument(calc, &key))
			continue;
		name = ash_input_name(ash_jsonb_value_text(&key));
		ash_error_add(call->errors, ASH_E_NO_SUCH_INPUT, name,
					  "No such input `%s` for calculation %s", name, calc->name);
		ok = false;
	}
	return ok;
}

bool
ash_calculation_args(AshCall *call, AshCalculation *calc, const JsonbValue *given, AshExpr ***args)
{
	Jsonb *object = NULL;
	bool ok = true;

	*args = palloc0(sizeof(AshExpr *) * Max(calc->nargs, 1));
	if (given != NULL && given->type != jbvNull)
	{
		object = ash_jsonb_from_value(given);
		if (!JB_ROOT_IS_OBJECT(object))
		{
			ash_error_add(call->errors, ASH_E_INVALID_INPUT, calc->name,
						  "arguments of calculation %s must be a JSON object", calc->name);
			return false;
		}
		ok = check_names(call, calc, object);
	}
	for (int i = 0; i < calc->nargs; i++)
	{
		const AshArgument *arg = calc->args[i];
		JsonbValue in;
		AshValue value;
		bool found = object != NULL && ash_jsonb_get(object, arg->name, strlen(arg->name), &in);

		if (!cast_argument(call, calc, arg, found ? &in : NULL, &value))
			ok = false;
		else
			(*args)[i] = ash_expr_const(arg->type, value);
	}
	return ok;
}
