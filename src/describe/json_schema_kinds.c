/*-------------------------------------------------------------------------
 *
 * src/describe/json_schema_kinds.c
 *	  The JSON Schema of options that only some kinds of an entity take.
 *
 * One rule for each kind: an entity that is of it has none of the others' options.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "describe/json_schema.h"
#include "model/entity_kinds.h"

/* Matches an entity of that kind, by its option or by a key that names the kind; new. */
static json_t *
is_of_kind(const AshKinds *kinds, int kind)
{
	const char *name = kinds->names[kind];
	bool flag = ash_spec_option(kinds->spec, kinds->option)->kind == ASH_OPT_BOOL;
	json_t *told =
		json_pack("{s:{s:{s:o}}, s:[s]}", "properties", kinds->option, "const",
				  flag ? json_boolean(kind) : json_string(name), "required", kinds->option);

	if (ash_spec_option(kinds->spec, name) == NULL)
		return told;
	return json_pack("{s:[o, {s:[s]}]}", "anyOf", told, "required", name);
}

/*
 * {"option": false, …} for what that kind does not take, new, or NULL when it takes
 * everything.
 */
static json_t *
not_for_kind(const AshKinds *kinds, int kind)
{
	json_t *none = NULL;
	const AshApplies *row;

	for (row = kinds->applies; row->option != NULL; row++)
	{
		if (row->kinds & (1u << kind))
			continue;
		if (none == NULL)
			none = ash_json_object();
		ash_json_set(none, row->option, json_false());
	}
	return none;
}

/*
 * One rule for each kind of the entity that does not take all options; nothing for entities
 * without kinds.
 */
void
ash_schema_kinds(const AshSpec *spec, json_t *object)
{
	const AshKinds *kinds = ash_entity_kinds(spec);
	json_t *rules;

	if (kinds == NULL)
		return;
	rules = json_array();
	for (int i = 0; kinds->names[i] != NULL; i++)
	{
		json_t *none = not_for_kind(kinds, i);

		if (none != NULL)
			json_array_append_new(rules, json_pack("{s:o, s:{s:o}}", "if", is_of_kind(kinds, i),
												   "then", "properties", none));
	}
	ash_json_set(object, "allOf", rules);
}
