/*-------------------------------------------------------------------------
 *
 * src/action/embedded/embedded.c
 *	  What the type room asks about embedded resources, and the choice between
 *	  creating, updating and destroying one value (spec section 17).
 *
 * nothing → object	create
 * object → nothing	destroy
 * object → object	update, when the resource has no public primary key or the input
 *					gives the same one; otherwise destroy and create
 *
 * The option on_update overrules the last line.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/embedded/embedded.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/resource.h"

static const char *const on_updates[] = { "update_on_match", "update", "replace", NULL };

#define OPT(name, kind, field, flags, dflt, doc)                                         \
	{                                                                                    \
		name, ASH_OPT_##kind, offsetof(AshEmbedded, field), flags, dflt, NULL, NULL, doc \
	}
static const AshOpt embedded_options[] = {
	OPT("create_action", NAME, create_action, 0, NULL,
		"makes a value; the primary one when absent"),
	OPT("update_action", NAME, update_action, 0, NULL,
		"changes a value; the primary one when absent"),
	OPT("destroy_action", NAME, destroy_action, 0, NULL,
		"runs before a value is given up; the primary one when absent"),
	OPT("skip_unknown_inputs", JSON, skip_unknown_inputs, 0, NULL,
		"inputs to ignore when the action does not know them; \"*\" for all"),
	{ "on_update", ASH_OPT_ENUM, offsetof(AshEmbedded, on_update), 0, "\"update_on_match\"",
	  on_updates, NULL, "whether a new value is an update of the old one" },
	OPT("include_source", BOOL, include_source, 0, "true",
		"the action's context has the outer changeset as __source__"),
	OPT("sort", JSON, sort, 0, NULL, "order of the items of a list"),
	OPT("load", NAMES, load, 0, NULL, "calculations that are always given back with the value"),
	ASH_OPT_END,
};
#undef OPT
const AshSpec ash_embedded_spec = { "embedded", sizeof(AshEmbedded), embedded_options, NULL,
									"How an embedded resource is written" };

const AshEmbedded *
ash_embedded_constraints(const AshTypeInst *inst)
{
	while (inst->item != NULL)
		inst = inst->item;
	return inst->constraints;
}

/* The inputs to ignore: also what a caller was given with the value and gives back with it. */
static Jsonb *
skipped(const AshEmbedded *type)
{
	json_t *names;
	ListCell *lc;

	if (type->skip_unknown_inputs == NULL && type->load == NIL)
		return NULL;
	names = ash_json_own(CurrentMemoryContext, json_array());
	json_array_extend(names, type->skip_unknown_inputs);
	foreach (lc, type->load)
		json_array_append_new(names, json_string_nocheck(lfirst(lc)));
	return ash_jsonb_from_json(names);
}

/* AshEmbeddedHooks.compile; names are checked when the resource is known (ash_define). */
static bool
embedded_compile(AshTypeInst *inst, json_t *constraints, AshErrors *errors)
{
	AshEmbedded *type;
	bool ok;

	if (constraints == NULL || json_is_null(constraints))
		constraints = ash_json_own(CurrentMemoryContext, ash_json_object());
	ash_errors_push_name(errors, "constraints");
	ok = ash_spec_check(&ash_embedded_spec, constraints, NULL, errors);
	ash_errors_pop(errors);
	if (!ok)
		return false;
	type = ash_spec_fill(&ash_embedded_spec, constraints);
	type->type.resource = type->ref.name = inst->name;
	if (json_is_string(type->skip_unknown_inputs))
	{
		json_t *list = ash_json_own(CurrentMemoryContext, json_array());

		json_array_append(list, type->skip_unknown_inputs);
		type->skip_unknown_inputs = list;
	}
	type->skip = skipped(type);
	inst->constraints = type;
	return true;
}

/*
 * The resource.  Without a call the value is a literal of a definition, whose
 * resource may be faulty or not there yet; that is the definition's fault.
 */
static bool
find_resource(AshEmbedding *e)
{
	AshEmbedded *type = unconstify(AshEmbedded *, e->type);

	e->res = e->cast->call != NULL ? ash_ref_resource(&type->ref) :
									 ash_resource_get(type->type.resource, NULL);
	if (e->res != NULL && e->res->embedded)
		return true;
	return ash_embedded_fail(e, psprintf("%s cannot be used here", type->type.resource));
}

static bool
updates(const AshEmbedding *e, const Jsonb *in, const AshValue *old)
{
	List *key;

	if (e->type->on_update != ASH_EMBEDDED_UPDATE_ON_MATCH)
		return e->type->on_update == ASH_EMBEDDED_UPDATE;
	key = ash_embedded_key(e->res);
	return key == NIL ||
		   ash_embedded_key_matches(e->res, key, in, ash_embedded_read(e->res, old, NULL));
}

bool
ash_embedded_change(const AshEmbedding *e, const JsonbValue *in, const AshValue *old, AshValue *out)
{
	Jsonb *object;

	out->value = (Datum) 0;
	out->isnull = true;
	if (in->type == jbvNull)
		return old == NULL || ash_embedded_run(e, ASH_ACTION_DESTROY, NULL, old, out);
	if (in->type != jbvBinary || !JsonContainerIsObject(in->val.binary.data))
		return ash_embedded_fail(e, "is invalid");
	object = ash_jsonb_from_value(in);
	if (old != NULL && updates(e, object, old))
		return ash_embedded_run(e, ASH_ACTION_UPDATE, object, old, out);
	return (old == NULL || ash_embedded_run(e, ASH_ACTION_DESTROY, NULL, old, out)) &&
		   ash_embedded_run(e, ASH_ACTION_CREATE, object, NULL, out);
}

/* A value to compare with: any object will do. */
static bool
cast_operand(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out)
{
	AshEmbedding e = { .type = ash_embedded_constraints(inst), .cast = cast, .index = -1 };
	bool fits;

	fits =
		in->type == jbvNull || (in->type == jbvBinary &&
								(inst->item != NULL || JsonContainerIsObject(in->val.binary.data)));
	if (fits && ash_type_read_stored(inst, in, out))
		return true;
	return ash_embedded_fail(&e, "is invalid");
}

/* AshEmbeddedHooks.cast */
static bool
embedded_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out)
{
	AshEmbedding e = { .type = ash_embedded_constraints(inst), .cast = cast, .index = -1 };
	const AshValue *old = cast->old != NULL && !cast->old->isnull ? cast->old : NULL;
	JsonbValue null = { .type = jbvNull };

	check_stack_depth();
	if (cast->no_constraints)
		return cast_operand(inst, in, cast, out);
	if (!find_resource(&e))
		return false;
	if (inst->item != NULL)
		return ash_embedded_cast_list(&e, inst, in, out);
	if (in->type == jbvString && in->val.string.len == 0)
		in = &null;
	return ash_embedded_change(&e, in, old, out);
}

void
ash_embedded_init(void)
{
	static const AshEmbeddedHooks hooks = {
		.exists = ash_resource_exists,
		.compile = embedded_compile,
		.cast = embedded_cast,
		.write_json = ash_embedded_write_json,
		.with_load = ash_embedded_with_load,
	};

	ash_type_set_embedded(&hooks);
}
