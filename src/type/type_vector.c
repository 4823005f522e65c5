/*-------------------------------------------------------------------------
 *
 * src/type/type_vector.c
 *	  vector: a list of numbers, stored in pgvector's type.
 *
 * The extension may be missing when a definition is compiled: the migration creates
 * it, as for citext.  Without "dimensions" the column takes vectors of any length, which
 * cannot be indexed.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

typedef struct VectorConstraints
{
	AshOptInt dimensions;
} VectorConstraints;

static const AshOpt vector_options[] = { ASH_OPTION(VectorConstraints, "dimensions", INT,
													dimensions, .doc = "Number of dimensions."),
										 ASH_OPT_END };

static const AshSpec vector_spec =
	ASH_SPEC("vector", VectorConstraints, vector_options, .doc = "Constraints of a vector.");

/* The number of dimensions is the typmod of pgvector's type. */
static bool
vector_prepare(AshTypeInst *inst, AshErrors *errors)
{
	const VectorConstraints *c = inst->constraints;

	if (!c->dimensions.set)
		return true;
	if (c->dimensions.value >= 1 && c->dimensions.value <= 16000)
	{
		inst->typmod = c->dimensions.value;
		return true;
	}
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "dimensions must be from 1 to 16000");
	return false;
}

/* pgvector's input function reads a JSON list. */
static bool
vector_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
			bool *reported)
{
	const VectorConstraints *c = inst->constraints;
	JsonbValue *items;
	int n;

	if (!ash_is_list(in))
		return false;
	n = ash_type_array_items(in, &items);
	if (c->dimensions.set && n != c->dimensions.value)
	{
		ash_cast_fail_int(cast, "must have %{dimensions} dimensions", "dimensions",
						  c->dimensions.value);
		*reported = true;
		return false;
	}
	return ash_pg_input(inst, ash_jsonb_value_json(in), &out->value);
}

/* pgvector's own notation is a JSON list. */
static void
vector_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	appendStringInfoString(out, ash_pg_output(inst, value));
}

const AshType ash_type_vector = {
	.name = "vector",
	.doc = "A list of numbers for similarity search (pgvector).",
	.storage = "vector",
	.from_extension = true,
	.constraints = &vector_spec,
	.prepare = vector_prepare,
	.cast = vector_cast,
	.write_json = vector_write_json,
};
