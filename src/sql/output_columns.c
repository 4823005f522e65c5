/*-------------------------------------------------------------------------
 *
 * src/sql/output_columns.c
 *	  The columns of a read: what is shown, and what is only needed.
 *
 * Shown are the selected attributes and the loaded calculations and aggregates.
 * Hidden columns follow: masks of field policies, sort values for keysets, keys
 * for relationship loads.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "call/app_function.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/relationship.h"
#include "model/resource.h"
#include "sql/sql.h"

static int
add_column(AshOutput *output, const char *key, const AshTypeInst *type,
		   const AshAttribute *attribute, AshExpr *expr)
{
	int i = output->ncolumns++;

	if (i >= output->maxcolumns)
	{
		output->maxcolumns *= 2;
		output->json = repalloc(output->json, sizeof(AshColumn) * output->maxcolumns);
		output->source = repalloc(output->source, sizeof(AshOutputColumn) * output->maxcolumns);
	}
	memset(&output->json[i], 0, sizeof(AshColumn));
	memset(&output->source[i], 0, sizeof(AshOutputColumn));
	output->json[i].key = key;
	output->json[i].type = type;
	output->json[i].mask = ASH_MASK_NONE;
	output->source[i].attribute = attribute;
	output->source[i].expr = expr;
	output->source[i].sort = -1;
	if (attribute != NULL && key == attribute->name)
	{
		output->json[i].prefix = attribute->json_key;
		output->json[i].prefix_len = attribute->json_key_len;
	}
	return i;
}

/* The attribute's column, shown or not, with its value whatever policies say of it. */
int
ash_output_value(AshOutput *output, const AshAttribute *attr)
{
	for (int i = 0; i < output->ncolumns; i++)
	{
		if (output->source[i].attribute == attr && output->json[i].mask != ASH_MASK_NEVER)
			return i;
	}
	return add_column(output, NULL, attr->type, attr, NULL);
}

int
ash_output_hidden(AshOutput *output, AshExpr *expr)
{
	return add_column(output, NULL, expr->type, NULL, expr);
}

/* The hidden column of the mask; columns with the same condition share one. */
static void
mask_column(AshOutput *output, int column, const char *field, bool is_public)
{
	AshQuery *query = output->query;
	AshMask mask = ash_field_mask(query->call, query->res, query->action, field, is_public);

	if (mask.never)
		output->json[column].mask = ASH_MASK_NEVER;
	if (mask.never || mask.condition == NULL)
		return;
	for (int i = 0; i < output->ncolumns; i++)
	{
		if (output->source[i].expr == mask.condition)
		{
			output->json[column].mask = i;
			return;
		}
	}
	output->json[column].mask =
		add_column(output, NULL, mask.condition->type, NULL, mask.condition);
}

static bool
has_masks(const AshQuery *query)
{
	return query->call->authorize && query->res->has_field_policies && !query->bare;
}

static void
add_attributes(AshOutput *output)
{
	AshQuery *query = output->query;

	for (int i = 0; i < query->res->nattributes; i++)
	{
		const AshAttribute *attr = query->res->attributes[i];

		if (ash_query_selects(query, attr))
			add_column(output, attr->name,
					   query->loaded_types && query->loaded_types[i] ? query->loaded_types[i] :
																	   attr->type,
					   attr, NULL);
	}
}

static void
add_field_loads(AshOutput *output)
{
	AshQuery *query = output->query;
	ListCell *lc;

	foreach (lc, query->loads)
	{
		AshLoad *load = lfirst(lc);
		AshExpr *ref;

		if (load->relationship != NULL)
			continue;
		if (load->calculation != NULL)
			ref = ash_calculation_ref(query->res, load->calculation, load->calc_args);
		else
			ref = ash_aggregate_ref(query->res, load->aggregate, NULL);
		add_column(output, load->as, ref->type, NULL, ref);
	}
}

static void
add_masks(AshOutput *output)
{
	int n = output->ncolumns;

	for (int i = 0; i < n; i++)
	{
		AshOutputColumn *source = &output->source[i];

		if (output->json[i].key == NULL)
			continue;
		if (source->attribute != NULL)
			mask_column(output, i, source->attribute->name, source->attribute->is_public);
		else
			mask_column(output, i, ash_ref_name(source->expr), ash_ref_is_public(source->expr));
	}
}

static void
add_keyset(AshOutput *output)
{
	AshQuery *query = output->query;
	int n = 0;
	ListCell *lc;

	output->keyset = output->ncolumns;
	foreach (lc, query->sort)
	{
		AshSortItem *item = lfirst(lc);
		int i = add_column(output, NULL, item->expr->type, NULL, item->expr);

		output->source[i].sort = n++;
	}
}

static void
add_load_keys(AshOutput *output)
{
	AshQuery *query = output->query;
	List *loads = ash_query_relationship_loads(query);
	ListCell *lc;

	output->load_keys = palloc0(sizeof(int *) * Max(list_length(loads), 1));
	foreach (lc, loads)
	{
		AshLoad *load = lfirst(lc);
		const AshAttribute **attributes;
		int n = ash_load_key_attributes(query->res, load->relationship, &attributes);
		int *columns = palloc(sizeof(int) * Max(n, 1));

		for (int i = 0; i < n; i++)
			columns[i] = ash_output_value(output, attributes[i]);
		output->load_keys[output->nloads++] = columns;
	}
}

List *
ash_query_relationship_loads(AshQuery *query)
{
	List *loads = NIL;
	ListCell *lc;

	foreach (lc, query->loads)
	{
		AshLoad *load = lfirst(lc);

		if (load->relationship != NULL)
			loads = lappend(loads, load);
	}
	return loads;
}

/* A manual read and functions after a read say it of each record. */
static bool
says_metadata(const AshQuery *query)
{
	return query->action != NULL && query->action->type == ASH_ACTION_READ &&
		   query->action->nmetadata > 0 && query->call->action == query->action &&
		   query->after_action == NIL && !ash_query_is_manual(query);
}

/*
 * What the framework keeps as a record's tenant, and the metadata of a read's action: its
 * defaults, as long as no function says more.
 */
static void
add_tail(AshOutput *output)
{
	const AshQuery *query = output->query;
	AshCall *call = query->call;
	StringInfo metadata = NULL;
	StringInfoData tail;

	initStringInfo(&tail);
	if (call->bindings.has_tenant && query->res->tenancy != ASH_TENANCY_NONE)
		appendStringInfo(&tail, "\"_tenant\":%s", ash_jsonb_value_json(&call->bindings.tenant));
	if (says_metadata(query))
		metadata = ash_metadata_text(call, NULL, NULL);
	if (metadata != NULL)
		appendStringInfo(&tail, "%s%s", tail.len > 0 ? "," : "", metadata->data);
	if (tail.len == 0)
		return;
	output->tail = tail.data;
	output->tail_len = tail.len;
}

AshOutput *
ash_output_create(AshQuery *query, bool with_ord)
{
	AshOutput *output = palloc0(sizeof(AshOutput));

	output->query = query;
	output->maxcolumns = 16;
	output->json = palloc0(sizeof(AshColumn) * output->maxcolumns);
	output->source = palloc0(sizeof(AshOutputColumn) * output->maxcolumns);
	output->ord = with_ord ? add_column(output, NULL, NULL, NULL, NULL) : -1;
	output->keyset = -1;
	add_attributes(output);
	add_field_loads(output);
	if (has_masks(query))
		add_masks(output);
	if (query->page == ASH_PAGE_KEYSET)
		add_keyset(output);
	add_load_keys(output);
	ash_late_plan(output);
	add_tail(output);
	for (int i = 0; i < output->ncolumns; i++)
		ash_column_prepare(&output->json[i]);
	return output;
}
