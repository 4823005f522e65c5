/*-------------------------------------------------------------------------
 *
 * src/query/select_parse.c
 *	  Which attributes a query gives back (spec 6, query combinators).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/attribute.h"
#include "model/resource.h"
#include "query/query.h"

/* The first select narrows from all; later ones add. */
static void
add_selected(AshQuery *query, const char *name)
{
	AshAttribute *attr = ash_find_attribute(query->res, name);

	if (attr == NULL)
	{
		AshErrors *errors = query->call->errors;
		AshError *error;

		name = ash_input_name(name);
		error = ash_error_add(errors, ASH_E_NO_SUCH_ATTRIBUTE, name,
							  "No such attribute %s for resource %s", name, query->res->name);
		ash_input_suggest(errors, error, query->res, name);
		return;
	}
	query->select = bms_add_member(query->select, attr->index);
}

void
ash_select_parse(AshQuery *query, const Jsonb *input)
{
	JsonbIterator *it = ash_jsonb_walk(input);
	JsonbValue value;

	query->select_given = true;
	while (ash_jsonb_next_item(&it, &value))
	{
		if (value.type == jbvString)
			add_selected(query, ash_jsonb_value_text(&value));
		else
			ash_error_add(query->call->errors, ASH_E_NO_SUCH_ATTRIBUTE, NULL,
						  "No such attribute %s for resource %s", ash_input_text(&value),
						  query->res->name);
	}
}

/* The attributes that are given back; the primary key always is. */
bool
ash_query_selects(const AshQuery *query, const AshAttribute *attr)
{
	if (attr->primary_key || attr->always_select)
		return true;
	if (bms_is_member(attr->index, query->select))
		return true;
	return !query->select_given && attr->select_by_default;
}

/* What is selected without saying so is selected explicitly. */
static void
select_defaults(AshQuery *query)
{
	for (int i = 0; !query->select_given && i < query->res->nattributes; i++)
	{
		if (query->res->attributes[i]->select_by_default)
			query->select = bms_add_member(query->select, i);
	}
	query->select_given = true;
}

/* What was selected before stays selected. */
void
ash_query_ensure_selected(AshQuery *query, const AshAttribute *attr)
{
	if (ash_query_selects(query, attr))
		return;
	select_defaults(query);
	query->select = bms_add_member(query->select, attr->index);
}

/* The first select narrows from all; later ones add. */
void
ash_query_select_names(AshQuery *query, List *names)
{
	ListCell *lc;

	foreach (lc, names)
	{
		query->select =
			bms_add_member(query->select, ash_find_attribute(query->res, lfirst(lc))->index);
		query->select_given = true;
	}
}

/* The selection becomes explicit, without names. */
void
ash_query_deselect_names(AshQuery *query, List *names)
{
	ListCell *lc;

	if (names == NIL)
		return;
	select_defaults(query);
	foreach (lc, names)
		query->select =
			bms_del_member(query->select, ash_find_attribute(query->res, lfirst(lc))->index);
}
