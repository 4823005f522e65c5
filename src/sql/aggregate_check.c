/*-------------------------------------------------------------------------
 *
 * src/sql/aggregate_check.c
 *	  What a definition may say of an aggregate besides its field and filter: the sort,
 *	  and the SQL aggregate of a custom one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "model/aggregate.h"
#include "model/resource.h"
#include "parser/parse_coerce.h"
#include "sql/sql.h"
#include "utils/catcache.h"
#include "utils/syscache.h"

/* Does the entry of pg_proc take what the aggregate gives it: a field, or rows as such? */
static bool
takes_field(HeapTuple tuple, const AshExpr *field)
{
	Form_pg_proc proc = (Form_pg_proc) GETSTRUCT(tuple);

	if (proc->prokind != PROKIND_AGGREGATE || proc->pronargs != (field != NULL ? 1 : 0))
		return false;
	return field == NULL || OidIsValid(proc->provariadic) || field->type == NULL ||
		   !OidIsValid(field->type->oid) ||
		   can_coerce_type(1, &field->type->oid, &proc->proargtypes.values[0], COERCION_IMPLICIT);
}

/* Also true when it may come with the resource's schema; false after adding an error. */
static bool
is_implemented(AshResource *dest, const AshAggregate *agg, AshErrors *errors)
{
	const char *name = agg->implementation;
	const char *dot = name != NULL ? strchr(name, '.') : NULL;
	char *schema = dot != NULL ? pnstrdup(name, dot - name) : pstrdup("pg_catalog");
	Oid namespace = get_namespace_oid(schema, true);
	AshExpr *field;
	CatCList *found;
	bool exists = false;

	if (agg->kind != ASH_AGG_CUSTOM || name == NULL ||
		(!OidIsValid(namespace) && strcmp(schema, dest->schema) == 0))
		return true;
	field = agg->field != NULL ?
				ash_field_ref(dest, agg->field, ash_errors_create(CurrentMemoryContext)) :
				NULL;
	found = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(dot != NULL ? dot + 1 : name));
	for (int i = 0; i < found->n_members && !exists; i++)
	{
		HeapTuple tuple = &found->members[i]->tuple;

		exists = ((Form_pg_proc) GETSTRUCT(tuple))->pronamespace == namespace &&
				 takes_field(tuple, field);
	}
	ReleaseSysCacheList(found);
	if (!exists)
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "there is no aggregate %s.%s(%s)",
					  schema, dot != NULL ? dot + 1 : name,
					  field == NULL || field->type == NULL ? "*" : field->type->sql_base);
	return exists;
}

bool
ash_aggregate_check(AshResource *dest, const AshAggregate *agg, AshErrors *errors)
{
	int before = list_length(errors->items);

	ash_errors_push_name(errors, "sort");
	if (agg->sort != NULL)
		(void) ash_sort_verify(dest, agg->sort, errors);
	ash_errors_pop(errors);
	ash_errors_push_name(errors, "implementation");
	(void) is_implemented(dest, agg, errors);
	ash_errors_pop(errors);
	return list_length(errors->items) == before;
}

void
ash_query_init(void)
{
	ash_expr_set_aggregate_check(ash_aggregate_check);
}
