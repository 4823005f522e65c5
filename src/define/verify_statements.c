/*-------------------------------------------------------------------------
 *
 * src/define/verify_statements.c
 *	  What can be known of custom statements before they run.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/define_internal.h"

static void
verify_after_tables(json_t *statement, AshErrors *errors)
{
	ListCell *lc;

	ash_errors_push_name(errors, "after_tables");
	foreach (lc, ash_json_names(json_object_get(statement, "after_tables")))
	{
		const char *name = lfirst(lc);
		const AshResource *res = ash_resource_exists(name) ? ash_resource_get(name, errors) : NULL;

		if (!ash_resource_exists(name))
			(void) ash_error_unknown(errors, NULL, name, ash_resource_names(),
									 "resource \"%s\" is not defined", ash_clip(name));
		else if (res != NULL && res->embedded)
			ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "%s is embedded and has no table",
						  name);
	}
	ash_errors_pop(errors);
}

void
ash_verify_statements(AshResource *res, AshErrors *errors)
{
	json_t *section = json_object_get(res->document, "custom_statements");
	const char *name;
	json_t *item;

	ash_errors_push_name(errors, "custom_statements");
	if (section != NULL && json_is_false(json_object_get(res->document, "migrate")))
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "\"migrate\" is false: nothing would run them");
	json_object_foreach (section, name, item)
	{
		ash_errors_push_name(errors, name);
		verify_after_tables(item, errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}
