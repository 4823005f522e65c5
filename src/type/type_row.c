/*-------------------------------------------------------------------------
 *
 * src/type/type_row.c
 *	  Values of row types from JSON objects, the form in which they are written.
 *
 * The keys are the columns.  One that is absent is null, one that is no column
 * makes the value invalid.  Each column is cast by the type that PostgreSQL's type
 * stands for, without constraints.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/typcache.h"

static const AshTypeInst *
column_type(Form_pg_attribute column)
{
	if (column->atttypmod != -1)
		return ash_pg_instance(column->atttypid, column->atttypmod);
	return ash_type_for_oid(column->atttypid);
}

/* *given counts the keys that were columns. */
static bool
cast_column(Form_pg_attribute column, JsonbContainer *object, AshCast *cast, AshValue *out,
			int *given)
{
	JsonbValue value;

	out->isnull = true;
	out->value = (Datum) 0;
	if (column->attisdropped ||
		getKeyJsonValueFromContainer(object, NameStr(column->attname),
									 strlen(NameStr(column->attname)), &value) == NULL)
		return true;
	(*given)++;
	return value.type == jbvNull || ash_cast_only(column_type(column), &value, cast, out);
}

bool
ash_composite_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out)
{
	JsonbContainer *object = in->val.binary.data;
	TupleDesc desc = lookup_rowtype_tupdesc_copy(inst->oid, inst->typmod);
	Datum *values = palloc(desc->natts * sizeof(Datum));
	bool *nulls = palloc(desc->natts * sizeof(bool));
	AshErrors *scratch = ash_errors_create(CurrentMemoryContext);
	AshCast column_cast = *cast;
	int given = 0;

	check_stack_depth();
	column_cast.errors = scratch; /* the value as a whole is invalid */
	for (int i = 0; i < desc->natts; i++)
	{
		AshValue value;

		if (!cast_column(TupleDescAttr(desc, i), object, &column_cast, &value, &given))
			return false;
		values[i] = value.value;
		nulls[i] = value.isnull;
	}
	if (given != JsonContainerSize(object))
		return false;
	out->value = HeapTupleGetDatum(heap_form_tuple(desc, values, nulls));
	return true;
}
