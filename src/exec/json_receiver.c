/*-------------------------------------------------------------------------
 *
 * src/exec/json_receiver.c
 *	  Rows to JSON text, straight from the slot.
 *
 * A column's key is escaped once: that of an attribute with its definition, any other one
 * when the column is prepared.  Its type's writer is looked up then, too.  A row costs one
 * append and one call for each column.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "exec/exec.h"

/* Complete the column before its first row; a prefix is made in CurrentMemoryContext. */
void
ash_column_prepare(AshColumn *column)
{
	if (column->key != NULL && column->prefix == NULL)
		column->prefix = ash_json_key(column->key, &column->prefix_len);
	column->write = NULL;
	if (column->type != NULL && column->type->item == NULL && column->type->type != NULL)
		column->write = column->type->type->write_json;
}

/* Append what comes before the next key of the current row: a comma, or nothing. */
void
ash_write_separator(AshRowWriter *writer)
{
	if (!writer->first_pending)
		appendStringInfoCharMacro(writer->out, ',');
	writer->first_pending = false;
}

/* True if the column is shown in this row. */
static inline bool
column_allowed(const AshColumn *column, const Datum *values, const bool *nulls)
{
	if (likely(column->mask == ASH_MASK_NONE))
		return true;
	if (column->mask == ASH_MASK_NEVER)
		return false;
	return !nulls[column->mask] && DatumGetBool(values[column->mask]);
}

/* "_forbidden":["a","b"] for the columns that were masked */
static void
write_forbidden(AshRowWriter *writer, const Datum *values, const bool *nulls)
{
	bool first = true;

	ash_write_separator(writer);
	appendStringInfoString(writer->out, "\"_forbidden\":[");
	for (int i = 0; i < writer->ncolumns; i++)
	{
		const AshColumn *column = &writer->columns[i];

		if (column->key == NULL || column_allowed(column, values, nulls))
			continue;
		if (!first)
			appendStringInfoChar(writer->out, ',');
		appendBinaryStringInfo(writer->out, column->prefix, column->prefix_len - 1);
		first = false;
	}
	writer->forbidden_end = writer->out->len;
	appendStringInfoChar(writer->out, ']');
}

/* Append the key, after a comma unless it is the first. */
static inline void
write_key(AshRowWriter *writer, const AshColumn *column)
{
	StringInfo out = writer->out;
	char *p;

	enlargeStringInfo(out, column->prefix_len + 1);
	p = out->data + out->len;
	if (!writer->first_pending)
		*p++ = ',';
	memcpy(p, column->prefix, column->prefix_len);
	out->len = p + column->prefix_len - out->data;
	writer->first_pending = false;
}

/* Append one row as an object {"a":1,…}, from values by column. */
void
ash_write_values(AshRowWriter *writer, Datum *values, bool *nulls)
{
	StringInfo out = writer->out;
	bool masked = false;

	appendStringInfoCharMacro(out, '{');
	writer->first_pending = true;
	writer->forbidden_end = 0;
	for (int i = 0; i < writer->ncolumns; i++)
	{
		const AshColumn *column = &writer->columns[i];
		bool allowed;

		if (column->key == NULL)
			continue;
		write_key(writer, column);
		allowed = column_allowed(column, values, nulls);
		masked |= !allowed;
		if (nulls[i] || !allowed)
			appendBinaryStringInfo(out, "null", 4);
		else if (likely(column->write != NULL))
			column->write(out, column->type, values[i]);
		else
		{
			AshValue value = { values[i], false };

			ash_type_write_json(out, column->type, &value);
		}
	}
	if (masked)
		write_forbidden(writer, values, nulls);
	if (writer->finish_row != NULL)
		writer->finish_row(writer, values, nulls);
	appendStringInfoCharMacro(out, '}');
}
