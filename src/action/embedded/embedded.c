/*-------------------------------------------------------------------------
 *
 * src/action/embedded/embedded.c
 *	  What the type room needs of embedded resources, and the choice between
 *	  creating, updating and destroying one value.
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

static const AshOpt embedded_options[] = {
	ASH_OPTION(AshEmbedded, "create_action", NAME, create_action,
			   .doc = "makes a value; the primary one when absent"),
	ASH_OPTION(AshEmbedded, "update_action", NAME, update_action,
			   .doc = "changes a value; the primary one when absent"),
	ASH_OPTION(AshEmbedded, "destroy_action", NAME, destroy_action,
			   .doc = "runs before a value is given up; the primary one when absent"),
	ASH_OPTION(AshEmbedded, "skip_unknown_inputs", JSON, skip_unknown_inputs,
			   .doc = "inputs to ignore when the action does not know them; \"*\" for all"),
	ASH_OPTION(AshEmbedded, "on_update", ENUM, on_update, .dflt = "\"update_on_match\"",
			   .choices = on_updates, .doc = "whether a new value is an update of the old one"),
	ASH_OPTION(AshEmbedded, "include_source", BOOL, include_source, .dflt = "true",
			   .doc = "the action's context has the outer changeset as __source__"),
	ASH_OPTION(AshEmbedded, "sort", JSON, sort, .doc = "order of the items of a list"),
	ASH_OPTION(AshEmbedded, "load", NAMES, load,
			   .doc = "calculations that are always given back with the value"),
	ASH_OPT_END,
};
const AshSpec ash_embedded_spec = ASH_SPEC("embedded", AshEmbedded, embedded_options,
										   .doc = "How an embedded resource is written");

/* The embedded type of an instance, or of the items of a list. */
const AshEmbedded *
ash_embedded_constraints(const AshTypeInst *inst)
{
	while (inst->item != NULL)
		inst = inst->item;
	return inst->constraints;
}

/* The inputs to ignore: also what a caller was given with the value and may give back with it. */
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

/* AshType.prepare; names are checked when the resource is known (ash_define). */
static bool
embedded_prepare(AshTypeInst *inst, AshErrors *errors)
{
	AshEmbedded *type = inst->constraints;

	type->ref.name = inst->name;
	if (json_is_string(type->skip_unknown_inputs))
	{
		json_t *list = ash_json_own(CurrentMemoryContext, json_array());

		json_array_append(list, type->skip_unknown_inputs);
		type->skip_unknown_inputs = list;
	}
	type->skip = skipped(type);
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
									 ash_resource_get(type->ref.name, NULL);
	if (e->res != NULL && e->res->embedded)
		return true;
	return ash_embedded_fail(e, psprintf("%s cannot be used here", type->ref.name));
}

/* True if the input is an update of the old value, by the option on_update or the primary key. */
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

/*
 * Casts one value: creates, updates or destroys, by what the old value and the input are.
 * False after adding errors; out is null then.
 */
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

/* AshType.cast, of a value or a list of them; adds its own errors. */
static bool
embedded_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
			  bool *reported)
{
	AshEmbedding e = { .type = ash_embedded_constraints(inst), .cast = cast, .index = -1 };
	const AshValue *old = cast->old != NULL && !cast->old->isnull ? cast->old : NULL;
	JsonbValue null = { .type = jbvNull };

	check_stack_depth();
	*reported = true;
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

/* Registers embedded resources with the type room. Called once when the library is loaded. */
void
ash_embedded_init(void)
{
	static const AshType type = {
		.name = "embedded",
		.doc = "An embedded resource, by its name.",
		.storage = "jsonb",
		.constraints = &ash_embedded_spec,
		.is_name = ash_resource_exists,
		.prepare = embedded_prepare,
		.cast = embedded_cast,
		.cast_constrains = true,
		.write_json = ash_embedded_write_json,
		.with_load = ash_embedded_with_load,
	};

	ash_type_register_embedded(&type);
}
