/*-------------------------------------------------------------------------
 *
 * src/expr/expr_signature.c
 *	  Overload resolution of the language's own functions.
 *
 * A signature is one letter for each argument (the last one repeats), then '>'
 * and the result:
 *
 *	  s  string or ci_string		f  the same, compared without case when one is ci_string
 *	  i  integer					n  number
 *	  b  boolean					d  date
 *	  t  datetime					v  duration
 *	  l  list						e  an element of the list
 *	  L  list of the same element	m  map
 *	  a  anything					U  unit of time, as a string
 *
 *	  as result also: T datetime with fractions, P list of strings, S string (never
 *	  ci_string), u uuid, F float, 1 the type of the first argument; a result s is
 *	  ci_string as soon as one string argument is.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"

typedef struct Fit
{
	AshExpr *call;
	const AshTypeInst *list; /* type of the list argument, once known */
	bool ci;				 /* a string argument is ci_string */
} Fit;

typedef struct ArgumentKind
{
	char letter;
	const char *type; /* registry type it takes, or NULL: see fit_argument */
	const char *words;
} ArgumentKind;

static const ArgumentKind argument_kinds[] = {
	{ 's', NULL, "a string" },
	{ 'f', NULL, "a string" },
	{ 'S', "string", "a string" },
	{ 'i', "integer", "an integer" },
	{ 'n', NULL, "a number" },
	{ 'b', "boolean", "a boolean" },
	{ 'd', "date", "a date" },
	{ 't', "utc_datetime", "a datetime" },
	{ 'T', "utc_datetime_usec", "a datetime" },
	{ 'v', "duration", "a duration" },
	{ 'l', NULL, "a list" },
	{ 'L', NULL, "a list of the same type" },
	{ 'e', NULL, "an element of the list" },
	{ 'm', "map", "a map" },
	{ 'a', NULL, "a value" },
	{ 'u', "uuid", "a uuid" },
	{ 'U', NULL, "a unit of time" },
	{ 'F', "float", "a float" },
};

static const ArgumentKind *
argument_kind(char letter)
{
	for (int i = 0; i < lengthof(argument_kinds); i++)
	{
		if (argument_kinds[i].letter == letter)
			return &argument_kinds[i];
	}
	elog(ERROR, "unknown letter \"%c\" in a signature", letter);
}

AshExpr *
ash_expr_fold(AshExpr *expr)
{
	AshExpr *text = ash_expr_cast(expr, ash_type_plain("string"));
	AshExpr *call = ash_expr_make_call(ash_expr_func_lookup("string_downcase", false), 1, &text);

	call->type = text->type;
	call->pg_result = text->type->oid;
	return call;
}

/* Untyped: by what the expression itself is. */
static AshExpr *
fit_number(AshExpr *arg)
{
	if (ash_expr_is_number(arg->type))
		return ash_expr_coerce(arg, arg->type);
	return ash_expr_coerce(arg,
						   ash_type_plain(arg->kind == ASH_EXPR_TEMPLATE ? "decimal" : "integer"));
}

static AshExpr *
fit_string(AshExpr *arg, Fit *fit)
{
	AshExpr *string = arg;

	if (arg->adaptable || !ash_expr_is_string(arg->type))
		string = ash_expr_coerce(arg, ash_type_plain("string"));
	if (string != NULL && ash_expr_is_ci(string->type))
		fit->ci = true;
	return string;
}

static AshExpr *
fit_list(AshExpr *arg, Fit *fit)
{
	if (arg->adaptable && arg->kind != ASH_EXPR_LIST)
		arg = ash_expr_coerce(arg, ash_expr_array_type(ash_type_plain("string")));
	if (arg == NULL || ash_expr_item_type(arg->type) == NULL)
		return NULL;
	fit->list = arg->type;
	return arg;
}

/* A unit that is written out is checked now, any other when it is used. */
static AshExpr *
fit_unit(AshExpr *arg)
{
	AshExpr *unit = ash_expr_coerce(arg, ash_type_plain("string"));

	if (unit == NULL || unit->kind != ASH_EXPR_CONST || unit->value.isnull)
		return unit;
	return ash_expr_is_unit(TextDatumGetCString(unit->value.value)) ? unit : NULL;
}

/* The argument as that kind takes it, or NULL. */
static AshExpr *
fit_argument(AshExpr *arg, const ArgumentKind *kind, Fit *fit)
{
	if (kind->type != NULL)
		return ash_expr_coerce(arg, ash_type_plain(kind->type));
	switch (kind->letter)
	{
		case 's':
		case 'f':
			return fit_string(arg, fit);
		case 'n':
			return fit_number(arg);
		case 'l':
			return fit_list(arg, fit);
		case 'U':
			return fit_unit(arg);
		case 'L':
			return ash_expr_coerce(arg, fit->list);
		case 'e':
			return ash_expr_coerce(arg, ash_expr_item_type(fit->list));
		default:
			return arg;
	}
}

static bool
fit_arguments(Fit *fit, const char *signature, AshErrors *errors)
{
	AshExpr *call = fit->call;
	int nletters = strchr(signature, '>') - signature;

	for (int i = 0; i < call->nargs; i++)
	{
		const ArgumentKind *kind = argument_kind(signature[Min(i, nletters - 1)]);
		AshExpr *arg = fit_argument(call->args[i], kind, fit);

		if (arg == NULL)
		{
			ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
						  "argument %d of %s must be %s, not %s", i + 1, call->func->name,
						  kind->words, ash_expr_type_name(call->args[i]));
			return false;
		}
		call->args[i] = arg;
	}
	for (int i = 0; fit->ci && i < call->nargs; i++)
	{
		if (signature[Min(i, nletters - 1)] == 'f')
			call->args[i] = ash_expr_fold(call->args[i]);
	}
	return true;
}

static const AshTypeInst *
result_type(const Fit *fit, char letter)
{
	switch (letter)
	{
		case 's':
			return ash_type_plain(fit->ci ? "ci_string" : "string");
		case 'P':
			return ash_expr_array_type(ash_type_plain("string"));
		case 'e':
			return ash_expr_item_type(fit->list);
		case '1':
			return fit->call->args[0]->type;
		default:
			return ash_type_plain(argument_kind(letter)->type);
	}
}

AshExpr *
ash_signature_resolve(AshExpr *call, AshErrors *errors)
{
	const char *signature = call->func->signature;
	Fit fit = { call, NULL, false };

	if (!fit_arguments(&fit, signature, errors))
		return NULL;
	call->type = result_type(&fit, strchr(signature, '>')[1]);
	/* templates give text where the language says ci_string */
	if (ash_expr_is_ci(call->type))
		call->pg_result = TEXTOID;
	return call;
}

static void
report_arity(const AshExpr *call, AshErrors *errors)
{
	const AshExprFunc *func = call->func;

	if (func->min_args == func->max_args)
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "%s takes %d argument%s, not %d",
					  func->name, func->min_args, func->min_args == 1 ? "" : "s", call->nargs);
	else if (func->max_args < 0)
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "%s takes at least %d arguments, not %d", func->name, func->min_args,
					  call->nargs);
	else
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "%s takes %d to %d arguments, not %d",
					  func->name, func->min_args, func->max_args, call->nargs);
}

AshExpr *
ash_expr_resolve(AshExpr *call, AshErrors *errors)
{
	const AshExprFunc *func = call->func;

	if (call->nargs < func->min_args || (func->max_args >= 0 && call->nargs > func->max_args))
	{
		report_arity(call, errors);
		return NULL;
	}
	return func->resolve ? func->resolve(call, errors) : ash_signature_resolve(call, errors);
}
