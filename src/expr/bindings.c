/*-------------------------------------------------------------------------
 *
 * src/expr/bindings.c
 *	  Values of templates: arguments, actor, context and tenant of a call.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/jsonb_access.h"
#include "expr/bindings.h"
#include "expr/expr.h"
#include "model/action_def.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/model.h"
#include "utils/builtins.h"

/* The argument that a template of kind ASH_TEMPLATE_ARG names, or NULL. */
static const AshArgument *
bound_argument(const AshBindings *bindings, List *path)
{
	return bindings->action ? ash_find_argument(bindings->action, linitial(path)) : NULL;
}

void
ash_value_to_json(const AshTypeInst *type, const AshValue *value, JsonbValue *out)
{
	StringInfoData buf;

	if (value->isnull)
	{
		out->type = jbvNull;
		return;
	}
	initStringInfo(&buf);
	ash_type_write_json(&buf, type, value);
	ash_jsonb_value_from_jsonb(DatumGetJsonbP(
								   DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data))),
							   out);
}

/* Replaces value by what is at path inside it; null when there is no such place. */
static void
descend(JsonbValue *value, List *path)
{
	if (path == NIL)
		return;
	if (value->type != jbvBinary || !ash_jsonb_get_path(ash_jsonb_from_value(value), path, value))
		value->type = jbvNull;
}

bool
ash_binding_actor(const AshBindings *bindings, List *path, JsonbValue *out)
{
	if (bindings->has_actor && ash_jsonb_get_path(bindings->actor, path, out))
		return true;
	out->type = jbvNull;
	return false;
}

/* The value of a template that is not a literal or an expression, as JSON. */
static void
binding_json(const AshBindings *bindings, AshTemplateKind kind, List *path, JsonbValue *out)
{
	const AshArgument *arg;

	out->type = jbvNull;
	switch (kind)
	{
		case ASH_TEMPLATE_ARG:
			arg = bound_argument(bindings, path);
			if (arg == NULL)
				return;
			ash_value_to_json(arg->type, &bindings->args[arg->index], out);
			descend(out, list_copy_tail(path, 1));
			return;
		case ASH_TEMPLATE_ACTOR:
			(void) ash_binding_actor(bindings, path, out);
			return;
		case ASH_TEMPLATE_CONTEXT:
			if (!ash_jsonb_get_path(bindings->context, path, out))
				out->type = jbvNull;
			return;
		case ASH_TEMPLATE_TENANT:
			if (bindings->has_tenant)
				*out = bindings->tenant;
			return;
		default:
			elog(ERROR, "unexpected template kind %d", (int) kind);
	}
}

/* True, with the value of a whole argument, when it needs no conversion to type. */
static bool
same_type_argument(const AshBindings *bindings, AshTemplateKind kind, List *path,
				   const AshTypeInst *type, AshValue *out)
{
	const AshArgument *arg;

	if (kind != ASH_TEMPLATE_ARG || list_length(path) != 1)
		return false;
	arg = bound_argument(bindings, path);
	if (arg == NULL || (type != NULL && !ash_type_same_form(arg->type, type)))
		return false;
	*out = bindings->args[arg->index];
	return true;
}

bool
ash_binding_value(const AshBindings *bindings, AshTemplateKind kind, List *path,
				  const AshTypeInst *type, AshValue *out)
{
	AshCast cast = { .errors = bindings->errors,
					 .code = ASH_E_INVALID_EXPRESSION,
					 .no_constraints = true };
	JsonbValue json;

	if (same_type_argument(bindings, kind, path, type, out))
		return true;
	binding_json(bindings, kind, path, &json);
	if (json.type == jbvNull)
	{
		out->value = (Datum) 0;
		out->isnull = true;
		return true;
	}
	if (type == NULL)
		type = ash_type_plain("string");
	cast.field = path == NIL ? "tenant" : llast(path);
	return ash_type_cast(type, &json, &cast, out);
}

bool
ash_binding_is_sensitive(const AshBindings *bindings, AshTemplateKind kind, List *path)
{
	if (kind == ASH_TEMPLATE_ARG)
	{
		const AshArgument *arg = bound_argument(bindings, path);

		return arg != NULL && arg->sensitive;
	}
	if (kind == ASH_TEMPLATE_ACTOR && bindings->actor_resource != NULL && path != NIL)
	{
		AshResource *res = ash_resource_get(bindings->actor_resource, NULL);
		const AshAttribute *attr = res != NULL ? ash_find_attribute(res, linitial(path)) : NULL;

		return attr != NULL && attr->sensitive;
	}
	return false;
}

void
ash_template_json(const AshBindings *bindings, const AshTemplate *tmpl, JsonbValue *out)
{
	AshValue value;

	switch (tmpl->kind)
	{
		case ASH_TEMPLATE_LITERAL:
			ash_jsonb_value_from_jsonb(tmpl->literal, out);
			return;
		case ASH_TEMPLATE_EXPR:
			if (ash_expr_eval(tmpl->expr, bindings, NULL, NULL, &value))
				ash_value_to_json(tmpl->expr->type, &value, out);
			else
				out->type = jbvNull;
			return;
		default:
			binding_json(bindings, tmpl->kind, tmpl->path, out);
	}
}

bool
ash_template_value(const AshBindings *bindings, const AshTemplate *tmpl, const AshTypeInst *type,
				   AshCast *cast, AshValue *out)
{
	JsonbValue json;

	if (tmpl->kind == ASH_TEMPLATE_LITERAL && tmpl->type == type && type != NULL)
	{
		*out = tmpl->value;
		return true;
	}
	if (same_type_argument(bindings, tmpl->kind, tmpl->path, type, out))
		return cast->no_constraints || ash_type_constrain(type, cast, out);
	if (tmpl->kind == ASH_TEMPLATE_EXPR && tmpl->expr->type != NULL &&
		ash_type_same_form(tmpl->expr->type, type))
		return ash_expr_eval(tmpl->expr, bindings, NULL, NULL, out);
	ash_template_json(bindings, tmpl, &json);
	return ash_type_cast(type, &json, cast, out);
}
