/*-------------------------------------------------------------------------
 *
 * src/define/check_section.c
 *	  Sections of a document as they were written: objects of named members, and
 *	  lists; what is wrong with them, with an example of what is right.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/check_document.h"

/*
 * Add the error for a key that is required, at the node or at option of it. what says what
 * the key is for, to follow "Add "key": ".
 */
void
ash_check_missing(AshErrors *errors, const char *option, const char *key, const char *what)
{
	AshError *error = ash_error_definition(errors, option, "the key \"%s\" is required", key);

	(void) ash_error_hint(errors, error, psprintf("Add \"%s\": %s.", key, what));
}

/* What stands under a key, as a document that is wrong there may need to be shown. */
static const struct
{
	const char *key;
	const char *example;
} examples[] = {
	{ "domain", "\"shop\"" },
	{ "resources", "{\"item\": {\"attributes\": {…}}}" },
	{ "attributes", "{\"id\": \"uuid_primary_key\", \"name\": {\"type\": \"string\"}}" },
	{ "relationships", "{\"author\": {\"belongs_to\": \"blog.author\"}}" },
	{ "identities", "{\"unique_name\": [\"name\"]}" },
	{ "calculations", "{\"total\": {\"type\": \"integer\", \"expr\": \"price * amount\"}}" },
	{ "aggregates", "{\"comment_count\": {\"count\": \"comments\"}}" },
	{ "actions", "{\"defaults\": [\"read\"], \"open\": {\"type\": \"create\"}}" },
	{ "arguments", "{\"amount\": {\"type\": \"integer\"}}" },
	{ "defaults", "[\"read\", \"destroy\"]" },
	{ "policies", "[{\"policy\": \"always\", \"checks\": [{\"authorize_if\": \"always\"}]}]" },
	{ "field_policies",
	  "[{\"fields\": [\"email\"], \"checks\": [{\"authorize_if\": \"always\"}]}]" },
	{ "changes", "[{\"set_attribute\": {\"attribute\": \"status\", \"value\": \"open\"}}]" },
	{ "validations", "[{\"present\": {\"attributes\": [\"name\"]}}]" },
	{ "steps", "[{\"present\": {\"attributes\": [\"name\"]}}]" },
	{ "prepare", "[{\"build\": {\"sort\": [\"name\"]}}]" },
	{ "preparations", "[{\"build\": {\"sort\": [\"name\"]}}]" },
	{ "code_interface", "{\"open_item\": {\"action\": \"open\", \"args\": [\"name\"]}}" },
	{ "types", "{\"amount\": {\"type\": \"integer\", \"constraints\": {\"min\": 0}}}" },
	{ "functions", "{\"slug\": {\"function\": \"app.slug\", \"arguments\": [\"string\"], "
				   "\"returns\": \"string\"}}" },
};

/* Give the error a hint that shows what can stand under key, when there is an example of it. */
static void
show_example(AshError *error, const char *key)
{
	for (int i = 0; i < lengthof(examples); i++)
	{
		if (strcmp(examples[i].key, key) == 0)
			error->hint = psprintf("Write it as in \"%s\": %s.", key, examples[i].example);
	}
}

/* Add "expected what, got …" at key of the node at hand, with an example of that key. */
void
ash_check_wrong_shape(AshErrors *errors, const char *key, const char *what, json_t *got)
{
	AshError *error =
		ash_error_definition(errors, key, "expected %s, got %s", what, ash_json_kind(got));

	show_example(error, key);
}

/*
 * Add an error for each option of node that entities of its kind do not take. kind is an
 * index into the kinds of spec (entity_kinds.c), what names the entity in messages.
 */
void
ash_check_applies(const AshSpec *spec, json_t *node, int kind, const char *what, AshErrors *errors)
{
	const AshApplies *row;

	for (row = ash_entity_kinds(spec)->applies; row->option != NULL; row++)
	{
		if (json_object_get(node, row->option) == NULL || (row->kinds & (1u << kind)))
			continue;
		ash_error_definition(errors, row->option, "%s",
							 row->reason ?
								 row->reason :
								 psprintf("%s takes no option \"%s\"", what, row->option));
	}
}

/*
 * Check an object of named members that stands under key of parent: each name, each member
 * against spec, and members that passed and are objects by check (NULL: no further check).
 * A parent without the key is right.
 */
void
ash_check_section(json_t *parent, const char *key, const AshSpec *spec, AshMemberCheck check,
				  AshErrors *errors)
{
	json_t *section = json_object_get(parent, key);
	const char *name;
	json_t *member;

	if (section == NULL)
		return;
	if (!json_is_object(section))
	{
		ash_check_wrong_shape(errors, key, "an object", section);
		return;
	}
	ash_errors_push_name(errors, key);
	json_object_foreach (section, name, member)
	{
		ash_errors_push_name(errors, name);
		if (!json_is_object(member) && spec->shorthand == NULL)
			show_example(ash_error_definition(errors, NULL, "expected an object, got %s",
											  ash_json_kind(member)),
						 key);
		else if (ash_spec_check_name(name, errors) && ash_spec_check(spec, member, NULL, errors) &&
				 check != NULL && json_is_object(member))
			check(member, errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

/* A list, or nothing, must stand under key. */
void
ash_check_is_list(json_t *node, const char *key, AshErrors *errors)
{
	json_t *list = json_object_get(node, key);

	if (list != NULL && !json_is_array(list))
		ash_check_wrong_shape(errors, key, "a list", list);
}
