/*-------------------------------------------------------------------------
 *
 * src/action/embedded/embedded_run.c
 *	  One action of an embedded resource: the call that runs the life cycle of
 *	  action/write_action.c, and the value that is made instead of a row.
 *
 * The action runs as a call inside the one that casts the value: it has the same
 * actor, tenant and context, and in its context the outer changeset as __source__.
 * Its errors go to the outer call with the field, and the index in a list, before
 * their path.  What would be written to a row is computed in memory.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action_internal.h"
#include "action/embedded/embedded.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/entities.h"
#include "model/value_default.h"
#include "utils/builtins.h"

/* Puts field and index before the path of errors. */
static void
push_path(const AshEmbedding *e)
{
	if (e->cast->field != NULL)
		ash_errors_push_name(e->cast->errors, e->cast->field);
	if (e->index >= 0)
		ash_errors_push_index(e->cast->errors, e->index);
}

static void
pop_path(const AshEmbedding *e)
{
	if (e->index >= 0)
		ash_errors_pop(e->cast->errors);
	if (e->cast->field != NULL)
		ash_errors_pop(e->cast->errors);
}

/* Adds an error of the value as a whole, about the field; always false. */
bool
ash_embedded_fail(const AshEmbedding *e, const char *message)
{
	AshErrors *errors = e->cast->errors;
	AshError *error;

	if (e->index >= 0)
		push_path(e);
	error = ash_error_add(errors, e->cast->code, e->cast->field, "%s", message);
	if (e->index >= 0)
	{
		pop_path(e);
		ash_error_var_int(errors, error, "index", e->index);
	}
	return false;
}

/* The action that writes a value of this type; NULL after adding an error. */
AshAction *
ash_embedded_action(const AshEmbedded *type, AshResource *res, AshActionType action_type,
					AshErrors *errors)
{
	const char *name = action_type == ASH_ACTION_CREATE ? type->create_action :
					   action_type == ASH_ACTION_UPDATE ? type->update_action :
														  type->destroy_action;

	return ash_action_of_type(res, name, action_type, errors);
}

/*-------------------------------------------------------------------------
 * The call
 *-------------------------------------------------------------------------
 */

/* True if anything of the action could look at its context; making it costs. */
static bool
looks_at_context(const AshResource *res, const AshAction *action)
{
	for (int i = 0; i < res->nattributes; i++)
	{
		const AshAttribute *attr = res->attributes[i];
		AshDefaultKind kind = attr->dflt.kind;

		/* what is embedded in turn may */
		if (kind == ASH_DEFAULT_EXPR || kind == ASH_DEFAULT_FUNCTION ||
			attr->type->oid == JSONBOID || ash_type_is_embedded(attr->type))
			return true;
	}
	return action->nargs > 0 || action->steps != NIL || action->validations != NIL ||
		   res->has_policies;
}

/* An object with one member. */
static Jsonb *
object_of(const char *key, Jsonb *value)
{
	JsonbParseState *state = NULL;
	JsonbValue item = { .type = jbvString };

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	item.val.string.val = unconstify(char *, key);
	item.val.string.len = strlen(key);
	pushJsonbValue(&state, WJB_KEY, &item);
	JsonbToJsonbValue(value, &item);
	pushJsonbValue(&state, WJB_VALUE, &item);
	return JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL));
}

/* The outer context, and the outer changeset, whose own context is part of it, as __source__. */
static Jsonb *
context_with_source(AshChangeset *source)
{
	Jsonb *outer = source->call->bindings.context;
	Jsonb *view = ash_jsonb_merge(ash_changeset_view(source, false), object_of("context", outer));
	Datum rest = DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(outer),
									 PointerGetDatum(cstring_to_text("__source__")));

	return ash_jsonb_merge(DatumGetJsonbP(rest), object_of("__source__", view));
}

/*
 * The call of the action, inside the one that casts the value. Its errors live as long as
 * those they are added to; everything else goes with the call.
 */
static AshCall *
begin_value_call(const AshEmbedding *e, AshAction *action)
{
	AshCall *outer = e->cast->call;
	AshCall *call = outer != NULL ? ash_call_nested(outer, e->res, action) :
									ash_call_internal(CurrentMemoryContext, e->res, action);

	call->errors = ash_errors_create(e->cast->errors->cxt);
	call->bindings.errors = call->errors;
	call->opts->skip_unknown_inputs = e->type->skip;
	return call;
}

/* Makes the context of the call, if it can be looked at. */
static void
give_source(const AshEmbedding *e, AshCall *call)
{
	AshCall *outer = e->cast->call;

	if (e->type->include_source && outer != NULL && outer->changeset != NULL &&
		looks_at_context(call->res, call->action))
		call->bindings.context = context_with_source(outer->changeset);
}

/* Ends the call and hands its errors on, under field and index; false when there are any. */
static bool
end_value_call(const AshEmbedding *e, AshCall *call)
{
	AshErrors *errors = call->errors;
	bool ok = !ash_errors_any(errors);

	ash_errors_own(errors);
	ash_call_end(call);
	push_path(e);
	ash_errors_move(e->cast->errors, errors);
	pop_path(e);
	return ok;
}

/*
 * Compiles the steps of the action. In a literal of a definition they may be faulty: they are
 * left uncompiled then, which reports them where they are used. False after adding an error.
 */
static bool
compile_steps(const AshEmbedding *e, AshCall *call)
{
	AshErrors *faults;

	if (call->action->steps_compiled)
		return true;
	if (e->cast->call != NULL)
	{
		ash_action_steps(call->res, call->action, NULL);
		return true;
	}
	faults = ash_errors_create(call->cxt);
	ash_action_steps(call->res, call->action, faults);
	if (!ash_errors_any(faults))
		return true;
	call->action->steps_compiled = false;
	ash_error_add(call->errors, e->cast->code, NULL, "the action %s of %s is faulty",
				  call->action->name, call->res->name);
	return false;
}

/*-------------------------------------------------------------------------
 * The changeset
 *-------------------------------------------------------------------------
 */

/*
 * The input without the attributes of the primary key that the action does not take: they only
 * say which value is meant.
 */
static const Jsonb *
without_key(const AshAction *action, const AshResource *res, const Jsonb *in)
{
	for (int i = 0; in != NULL && i < res->nprimary_key; i++)
	{
		const char *name = res->primary_key[i]->name;
		JsonbValue ignored;

		if (ash_find_input(action, name, strlen(name)) == NULL &&
			ash_jsonb_get(in, name, strlen(name), &ignored))
			in = DatumGetJsonbP(DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(in),
													PointerGetDatum(cstring_to_text(name))));
	}
	return in;
}

/* Computes an atomic change over the value as it was; false after adding an error. */
static bool
apply_atomic(AshChangeset *cs, const AshAttribute *attr, const AshValue *before, AshValue *out)
{
	AshExpr *expr = cs->atomics[attr->index];
	AshCast cast = { cs->call->errors, ASH_E_INVALID_ATTRIBUTE, attr->name,
					 .sensitive = attr->sensitive };

	if (!ash_expr_in_memory(expr))
	{
		ash_error_add(cs->call->errors, ASH_E_CAN_NOT_BE_ATOMIC, attr->name,
					  "an embedded value has no row to compute %s from", attr->name);
		return false;
	}
	return ash_expr_eval(expr, &cs->call->bindings, ash_row_attribute,
						 unconstify(AshValue *, before), out) &&
		   ash_type_constrain(attr->type, &cast, out);
}

/* The value after the action, by attribute index; NULL after adding an error. */
static AshValue *
made_row(AshChangeset *cs)
{
	int n = cs->res->nattributes;
	AshValue *before = palloc(sizeof(AshValue) * Max(n, 1));
	AshValue *row = palloc(sizeof(AshValue) * Max(n, 1));

	for (int i = 0; i < n; i++)
	{
		row[i] = ash_changeset_attribute(cs, cs->res->attributes[i]);
		before[i] = cs->data != NULL ? cs->data[i] : row[i];
	}
	for (int i = 0; i < n; i++)
	{
		if ((cs->flags[i] & ASH_ATOMIC) &&
			!apply_atomic(cs, cs->res->attributes[i], before, &row[i]))
			return NULL;
	}
	return row;
}

/*
 * Life cycle: the value after the action goes to cs->result; a destroy leaves the old
 * one.  False after adding an error.
 */
bool
ash_embedded_make(AshChangeset *cs)
{
	if (!ash_changeset_meets_filters(cs))
		return ash_changeset_stale(cs);
	cs->result = cs->type == ASH_ACTION_DESTROY ? cs->data : made_row(cs);
	return cs->result != NULL;
}

/*
 * Runs the action: input in, or NULL, over the stored value old, or NULL. Errors are added to
 * the call's.
 */
static void
run_value_action(const AshEmbedding *e, AshCall *call, const Jsonb *in, const AshValue *old)
{
	AshValue *data = NULL;
	AshChangeset *cs;

	if (!compile_steps(e, call))
		return;
	give_source(e, call);
	if (old != NULL && (data = ash_embedded_read(call->res, old, call->errors)) == NULL)
		return;
	cs = ash_changeset_create(call, without_key(call->action, call->res, in), data);
	(void) ash_action_run_changeset(cs);
}

/*
 * Runs the action of that type for a value. old is NULL for a create; in is NULL for a
 * destroy, which leaves *out alone. False after adding errors under field and index. *out
 * lives in CurrentMemoryContext.
 */
bool
ash_embedded_run(const AshEmbedding *e, AshActionType action_type, const Jsonb *in,
				 const AshValue *old, AshValue *out)
{
	AshAction *action;
	AshCall *call;
	MemoryContext outer;

	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	action = ash_embedded_action(e->type, e->res, action_type, e->cast->errors);
	if (action == NULL)
		return false;
	call = begin_value_call(e, action);
	outer = MemoryContextSwitchTo(call->cxt);
	run_value_action(e, call, in, old);
	MemoryContextSwitchTo(outer);
	if (action_type != ASH_ACTION_DESTROY && !ash_errors_any(call->errors))
	{
		out->value = ash_embedded_store(e->res, call->changeset->result);
		out->isnull = false;
	}
	return end_value_call(e, call);
}
