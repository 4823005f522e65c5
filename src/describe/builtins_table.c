/*-------------------------------------------------------------------------
 *
 * src/describe/builtins_table.c
 *	  Every entry of every registry, for ash_builtins() and the reference docs.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "action/action.h"
#include "describe/describe.h"
#include "model/entity_kinds.h"

/* Note which kinds of the entity take an option, where that is not all. */
static void
add_kinds(json_t *options, const AshKinds *kinds)
{
	size_t i;
	json_t *option;

	json_array_foreach (options, i, option)
	{
		const char *name = json_string_value(json_object_get(option, "name"));
		const AshApplies *row = ash_kinds_option(kinds, name);
		json_t *takers;

		if (row == NULL)
			continue;
		takers = json_array();
		for (int kind = 0; kinds->names[kind] != NULL; kind++)
		{
			if (row->kinds & (1u << kind))
				json_array_append_new(takers, json_string(kinds->names[kind]));
		}
		ash_json_set(option, "kinds", takers);
	}
}

/* Append an entry; its options are described as JSON text. spec NULL: it has none. */
static void
list_builtin(List **list, const char *kind, const char *name, const AshSpec *spec, const char *doc)
{
	AshBuiltin *builtin = palloc0(sizeof(AshBuiltin));
	json_t *options;

	builtin->kind = kind;
	builtin->name = name;
	builtin->doc = doc;
	if (spec != NULL)
	{
		options = ash_spec_describe(spec);
		if (ash_entity_kinds(spec) != NULL)
			add_kinds(options, ash_entity_kinds(spec));
		builtin->options = ash_json_dump(options, false);
		json_decref(options);
	}
	*list = lappend(*list, builtin);
}

/* Entities of documents, with their options. */
static void
add_entities(List **list)
{
	const AshSpec *const *spec;

	for (spec = ash_entity_specs(); *spec != NULL; spec++)
		list_builtin(list, "entity", (*spec)->name, *spec, (*spec)->doc);
}

/* Types, with their constraints. */
static void
add_types(List **list)
{
	const AshType *const *type;

	for (type = ash_types; *type != NULL; type++)
		list_builtin(list, "type", (*type)->name, (*type)->constraints, (*type)->doc);
}

/* Functions or operators of expressions, which have no options. */
static void
add_functions(List **list, List *funcs, const char *kind)
{
	ListCell *lc;

	foreach (lc, funcs)
	{
		const AshExprFunc *func = lfirst(lc);

		list_builtin(list, kind, func->name, NULL, func->doc);
	}
}

/* One loop for each registry whose entries have name, spec and doc. */
#define ADD_REGISTRY(list, kind, type, entries)                                               \
	do                                                                                        \
	{                                                                                         \
		int count_;                                                                           \
		const type *entries_ = entries(&count_);                                              \
		int i_;                                                                               \
                                                                                              \
		for (i_ = 0; i_ < count_; i_++)                                                       \
			list_builtin(list, kind, entries_[i_].name, entries_[i_].spec, entries_[i_].doc); \
	} while (0)

/*
 * Entries of all registries in the order of the kinds, in CurrentMemoryContext; names and
 * docs are those of the registries.
 */
List *
ash_builtin_list(void)
{
	List *list = NIL;

	add_entities(&list);
	add_types(&list);
	ADD_REGISTRY(&list, "change", AshChangeDef, ash_changes);
	ADD_REGISTRY(&list, "validation", AshValidationDef, ash_validations);
	ADD_REGISTRY(&list, "preparation", AshPreparationDef, ash_preparations);
	ADD_REGISTRY(&list, "check", AshCheckDef, ash_checks);
	add_functions(&list, ash_expr_funcs(false), "function");
	add_functions(&list, ash_expr_funcs(true), "operator");
	return list;
}
