/*-------------------------------------------------------------------------
 *
 * src/changeset/step_option.c
 *	  Values of built-in options: literals cast once, templates at run time.
 *
 * A literal that fits the type it is meant for is cast when the step is
 * compiled and then costs nothing.  Operands of comparisons are cast without
 * constraints and never make an error at run time; values to be stored go
 * through the whole cast and report InvalidAttribute.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "changeset/changeset_internal.h"
#include "model/action_def.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/resource.h"
#include "model/value_template.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"

/* Cast a literal once; a value that does not fit is left to run time. */
static void
cast_literal(AshTemplate *tmpl, const AshTypeInst *type, bool stored)
{
	AshErrors *scratch = ash_errors_create(CurrentMemoryContext);
	AshCast cast = { scratch, ASH_E_INVALID_ATTRIBUTE, NULL, !stored };
	JsonbValue literal;

	/* what an action makes is made when it is needed, each time anew */
	if (ash_type_has_embedded(type))
		return;
	ash_jsonb_value_from_jsonb(tmpl->literal, &literal);
	if (ash_type_cast(type, &literal, &cast, &tmpl->value))
		tmpl->type = type;
}

/*
 * Compile the value of an option that is to be stored as, or only compared with,
 * a value of type; type may be NULL.  NULL after adding an error.
 */
AshTemplate *
ash_option_compile(const AshBuiltinScope *scope, const char *option, json_t *node,
				   const AshTypeInst *type, bool stored, AshErrors *errors)
{
	AshTemplate *tmpl;

	ash_errors_push_name(errors, option);
	tmpl = ash_template_compile(node, errors);
	if (tmpl != NULL && tmpl->kind == ASH_TEMPLATE_EXPR &&
		ash_template_expr(scope->res, scope->action, tmpl, errors) == NULL)
		tmpl = NULL;
	if (tmpl != NULL && tmpl->kind == ASH_TEMPLATE_ARG && scope->action != NULL && !scope->shared &&
		ash_find_argument(scope->action, linitial(tmpl->path)) == NULL)
	{
		(void) ash_error_unknown(errors, NULL, linitial(tmpl->path),
								 ash_argument_names(scope->action),
								 "no such argument \"%s\" on %s.%s", (char *) linitial(tmpl->path),
								 scope->res->name, scope->action->name);
		tmpl = NULL;
	}
	ash_errors_pop(errors);
	if (tmpl != NULL && tmpl->kind == ASH_TEMPLATE_LITERAL && type != NULL)
		cast_literal(tmpl, type, stored);
	return tmpl;
}

/* A value of one type as another, by way of JSON: what input of that text would give. */
static bool
convert_value(const AshTypeInst *from, const AshValue *value, const AshTypeInst *to, AshCast *cast,
			  AshValue *out)
{
	StringInfoData buf;
	Jsonb *json;
	JsonbValue jv;

	if (value->isnull)
	{
		*out = *value;
		return true;
	}
	if (ash_type_same_form(from, to))
	{
		*out = *value;
		return cast->no_constraints || ash_type_constrain(to, cast, out);
	}
	initStringInfo(&buf);
	ash_type_write_json(&buf, from, value);
	json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data)));
	ash_jsonb_value_from_jsonb(json, &jv);
	return ash_type_cast(to, &jv, cast, out);
}

/* An expression over changes over the stored row. */
static bool
eval_template(AshChangeset *cs, const AshTemplate *tmpl, const AshTypeInst *type, AshCast *cast,
			  AshValue *out)
{
	AshValue value;

	if (!ash_expr_eval(tmpl->expr, &cs->call->bindings, ash_changeset_ref, cs, &value))
		return false;
	return convert_value(tmpl->expr->type ? tmpl->expr->type : type, &value, type, cast, out);
}

/* False when the action has no such argument, or it was neither given nor defaulted. */
static bool
find_argument(const AshChangeset *cs, const char *name, AshValue *out, const AshTypeInst **type)
{
	const AshArgument *arg = cs->action ? ash_find_argument(cs->action, name) : NULL;

	if (arg == NULL || !cs->call->arg_set[arg->index])
		return false;
	*out = cs->call->args[arg->index];
	*type = arg->type;
	return true;
}

/* Another field of the subject. */
static bool
field_template(AshChangeset *cs, const AshTemplate *tmpl, const AshTypeInst *type, AshCast *cast,
			   AshValue *out)
{
	const char *name = linitial(tmpl->path);
	const AshAttribute *attr;
	const AshTypeInst *from;
	AshValue value;

	if (!find_argument(cs, name, &value, &from))
	{
		attr = ash_find_attribute(cs->res, name);
		if (attr == NULL)
			return false;
		value = ash_changeset_attribute(cs, attr);
		from = attr->type;
	}
	return convert_value(from, &value, type, cast, out);
}

static bool
resolve(AshChangeset *cs, const AshTemplate *tmpl, const AshTypeInst *type, AshCast *cast,
		AshValue *out)
{
	if (tmpl->kind == ASH_TEMPLATE_EXPR)
		return eval_template(cs, tmpl, type, cast, out);
	if (tmpl->kind == ASH_TEMPLATE_ATTRIBUTE)
		return field_template(cs, tmpl, type, cast, out);
	return ash_template_value(&cs->call->bindings, tmpl, type, cast, out);
}

/*
 * The value of an option as one of type, to be compared with: no constraints apply. False, and
 * null, when it is none of the type's values; no error is added.
 */
bool
ash_option_operand(AshChangeset *cs, const AshTemplate *tmpl, const AshTypeInst *type,
				   AshValue *out)
{
	AshCast cast = { NULL, ASH_E_INVALID_ATTRIBUTE, NULL, true };

	if (tmpl->kind == ASH_TEMPLATE_LITERAL && tmpl->type == type)
	{
		*out = tmpl->value;
		return true;
	}
	cast.errors = ash_errors_create(CurrentMemoryContext);
	cast.call = cs->call;
	if (resolve(cs, tmpl, type, &cast, out))
		return true;
	out->isnull = true;
	return false;
}

/*
 * A value as one of another type, to be compared with. False when it cannot be; no error is
 * added. value and out may be the same.
 */
bool
ash_option_convert(AshChangeset *cs, const AshTypeInst *from, const AshValue *value,
				   const AshTypeInst *to, AshValue *out)
{
	AshCast cast = { NULL, ASH_E_INVALID_ATTRIBUTE, NULL, true };

	cast.errors = ash_errors_create(CurrentMemoryContext);
	cast.call = cs->call;
	return convert_value(from, value, to, &cast, out);
}

/*
 * The value of an option, to be stored in the attribute: the whole cast applies. False after
 * adding an error.
 */
bool
ash_option_value(AshChangeset *cs, const AshTemplate *tmpl, const AshAttribute *attr, AshValue *out)
{
	AshCast cast = { cs->call->errors, ASH_E_INVALID_ATTRIBUTE, attr->name,
					 .sensitive = attr->sensitive };

	if (tmpl->kind == ASH_TEMPLATE_LITERAL && tmpl->type == attr->type)
	{
		*out = tmpl->value;
		return true;
	}
	cast.old = cs->data != NULL ? &cs->data[attr->index] : NULL;
	cast.call = cs->call;
	return resolve(cs, tmpl, attr->type, &cast, out);
}

/* The value of an option as JSON text, for the vars of an error. */
const char *
ash_option_json(AshChangeset *cs, const AshTemplate *tmpl)
{
	JsonbValue value;

	if (tmpl->kind == ASH_TEMPLATE_ATTRIBUTE)
		return psprintf("\"%s\"", (char *) linitial(tmpl->path));
	if (tmpl->kind == ASH_TEMPLATE_EXPR)
	{
		StringInfoData buf;
		AshValue result = { 0, true };

		if (tmpl->expr->type == NULL ||
			!ash_expr_eval(tmpl->expr, &cs->call->bindings, ash_changeset_ref, cs, &result))
			return "null";
		initStringInfo(&buf);
		ash_type_write_json(&buf, tmpl->expr->type, &result);
		return buf.data;
	}
	ash_template_json(&cs->call->bindings, tmpl, &value);
	return ash_jsonb_value_json(&value);
}
