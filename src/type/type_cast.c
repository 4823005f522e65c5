/*-------------------------------------------------------------------------
 *
 * src/type/type_cast.c
 *	  The pipeline of a value: cast, constraints, equality.
 *
 * Casting and constraints are two steps, because filter values are only cast and
 * because arrays cast all their items before they constrain any.  Every fault is
 * added to the AshCast's errors; a type that just says no gets "is invalid".  The
 * empty string that a type cannot cast is null.
 *
 * Results live in CurrentMemoryContext and may point into the input.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "miscadmin.h"
#include "utils/datum.h"

AshError *
ash_cast_fail(AshCast *cast, const char *message)
{
	return ash_error_add(cast->errors, cast->code, cast->field, "%s", message);
}

/* Put the vars of an error into its message. */
void
ash_cast_interpolate(AshCast *cast, AshError *error)
{
	MemoryContext old = MemoryContextSwitchTo(cast->errors->cxt);

	error->message = ash_error_interpolate(error->message, error->vars);
	MemoryContextSwitchTo(old);
}

static bool
cast_scalar(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out)
{
	bool reported = false;

	if (inst->type->cast(inst, in, cast, out, &reported))
		return true;
	if (reported)
		return false;
	if (ash_is_blank_input(in))
	{
		out->isnull = true;
		return true;
	}
	ash_cast_fail(cast, "is invalid");
	return false;
}

/* Cast without constraints (a union applies those of its members, though). */
bool
ash_cast_only(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out)
{
	out->value = (Datum) 0;
	out->isnull = false;
	if (in->type == jbvNull && inst->type != &ash_type_union)
	{
		out->isnull = true;
		return true;
	}
	if (inst->item != NULL)
		return ash_array_cast(inst, in, cast, out, false);
	return cast_scalar(inst, in, cast, out);
}

bool
ash_type_constrain(const AshTypeInst *inst, AshCast *cast, AshValue *value)
{
	check_stack_depth();
	if (value->isnull)
		return true;
	if (inst->item != NULL)
		return ash_array_constrain(inst, cast, value);
	if (inst->type->constrain == NULL)
		return true;
	return inst->type->constrain(inst, cast, value);
}

/* Containers that are not serialized yet are made so: the types only know that form. */
static const JsonbValue *
serialized(const JsonbValue *in, JsonbValue *buffer)
{
	Jsonb *jsonb;

	if (in->type != jbvArray && in->type != jbvObject)
		return in;
	jsonb = JsonbValueToJsonb((JsonbValue *) in);
	buffer->type = jbvBinary;
	buffer->val.binary.data = &jsonb->root;
	buffer->val.binary.len = VARSIZE(jsonb) - VARHDRSZ;
	return buffer;
}

bool
ash_type_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out)
{
	JsonbValue buffer;

	check_stack_depth();
	if (!OidIsValid(inst->oid) && !ash_type_resolve_storage(inst))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("type \"%s\" does not exist", inst->sql_base),
						errhint("Create the extension \"%s\" first.", ash_type_extension(inst))));
	in = serialized(in, &buffer);
	if (ash_type_is_embedded(inst))
		return inst->type->cast(inst, in, cast, out, &(bool){ false });

	if (inst->item != NULL && in->type != jbvNull)
		return ash_array_cast(inst, in, cast, out, !cast->no_constraints);
	if (!ash_cast_only(inst, in, cast, out))
		return false;
	if (cast->no_constraints || cast_is_enough(inst))
		return true;
	return ash_type_constrain(inst, cast, out);
}

bool
ash_type_cast_json(const AshTypeInst *inst, json_t *in, AshCast *cast, AshValue *out)
{
	JsonbValue value;

	ash_jsonb_value_from_jsonb(ash_jsonb_from_json(in), &value);
	return ash_type_cast(inst, &value, cast, out);
}

bool
ash_type_equal(const AshTypeInst *inst, const AshValue *a, const AshValue *b)
{
	FmgrInfo *eq;

	if (a->isnull || b->isnull)
		return a->isnull && b->isnull;
	eq = ash_type_eq(inst);
	if (eq != NULL)
		return DatumGetBool(FunctionCall2Coll(eq, inst->collation, a->value, b->value));
	return datumIsEqual(a->value, b->value, inst->typbyval, inst->typlen);
}

AshValue
ash_value_copy(const AshTypeInst *inst, AshValue value)
{
	if (!value.isnull && !inst->typbyval)
		value.value = datumCopy(value.value, false, inst->typlen);
	return value;
}
