/*-------------------------------------------------------------------------
 *
 * src/define/verify_references.c
 *	  Verifies that the names in a compiled resource exist: other resources, their
 *	  attributes, actions, identities.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/define_internal.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/argument.h"
#include "model/attribute.h"
#include "model/identity.h"
#include "model/resource.h"
#include "model/table_constraint.h"
#include "utils/regproc.h"

/* The attribute, or NULL after adding an error at key. */
AshAttribute *
ash_verify_attribute(const AshResource *res, const char *name, const char *key, AshErrors *errors)
{
	AshAttribute *attr = ash_find_attribute(res, name);

	if (attr == NULL)
		(void) ash_error_unknown(errors, key, name, ash_attribute_names(res),
								 "unknown attribute \"%s\"", ash_clip(name));
	return attr;
}

/* The same for names (char *), which all have to be attributes. */
void
ash_verify_attributes(const AshResource *res, List *names, const char *key, AshErrors *errors)
{
	ListCell *lc;

	foreach (lc, names)
		ash_verify_attribute(res, lfirst(lc), key, errors);
}

/*-------------------------------------------------------------------------
 * Attributes
 *-------------------------------------------------------------------------
 */

/* A resource with a table needs a primary key unless it says otherwise. */
static void
verify_primary_key(AshResource *res, AshErrors *errors)
{
	json_t *required = json_object_get(res->document, "require_primary_key");

	if (res->nprimary_key == 0 && !res->embedded && !json_is_false(required))
		ash_error_definition(errors, "attributes",
							 "a resource needs a primary key, or \"require_primary_key\": false");
}

/* Two attributes must not share a column. */
static void
verify_sources(AshResource *res, AshErrors *errors)
{
	int i;
	int j;

	for (i = 0; i < res->nattributes; i++)
	{
		for (j = 0; j < i; j++)
		{
			if (strcmp(res->attributes[i]->source, res->attributes[j]->source) != 0)
				continue;
			ash_errors_push_name(errors, "attributes");
			ash_error_definition(errors, res->attributes[i]->name,
								 "the column \"%s\" is that of attribute \"%s\"",
								 res->attributes[i]->source, res->attributes[j]->name);
			ash_errors_pop(errors);
		}
	}
}

/*
 * Names across attributes, relationships, calculations and aggregates, once the attributes
 * that relationships define are there: they are keys of one record.
 */
static void
verify_names(AshResource *res, AshErrors *errors)
{
	int i;

	for (i = 0; i < res->nattributes; i++)
	{
		const char *name = res->attributes[i]->name;

		if (ash_find_relationship(res, name) == NULL && ash_find_calculation(res, name) == NULL &&
			ash_find_aggregate(res, name) == NULL)
			continue;
		ash_errors_push_name(errors, "attributes");
		ash_error_definition(errors, name, "there is another field named \"%s\"", name);
		ash_errors_pop(errors);
	}
}

/*-------------------------------------------------------------------------
 * Identities and aggregates
 *-------------------------------------------------------------------------
 */

/* Its keys are attributes; a check before writing needs a read to look with. */
static void
verify_identity(AshResource *res, AshIdentity *identity, AshErrors *errors)
{
	ListCell *lc;

	foreach (lc, identity->keys)
	{
		const char *key = lfirst(lc);

		if (ash_find_calculation(res, key) != NULL)
			ash_error_definition(errors, "keys",
								 "identity keys must be attributes; \"%s\" is a calculation", key);
		else if (ash_find_attribute(res, key) == NULL)
			(void)
				ash_error_unknown(errors, "keys", key, ash_attribute_names(res),
								  "All identity keys must be attributes or calculations. Got: %s",
								  ash_clip(key));
	}
	if ((identity->eager_check || identity->pre_check) && !res->embedded &&
		res->primary_actions[ASH_ACTION_READ] == NULL)
		ash_error_definition(errors, NULL, "a checked identity needs a primary read action");
}

/* All identities of the resource. */
static void
verify_identities(AshResource *res, AshErrors *errors)
{
	int i;

	ash_errors_push_name(errors, "identities");
	for (i = 0; i < res->nidentities; i++)
	{
		ash_errors_push_name(errors, res->identities[i]->name);
		verify_identity(res, res->identities[i], errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

/* The path, the read action of its end, and the field there. */
static void
verify_aggregate(AshResource *res, AshAggregate *agg, AshErrors *errors)
{
	List *rels = NIL;
	List *owners = NIL;
	AshResource *destination;

	ash_errors_push_name(errors, "path");
	destination = ash_path_resolve(res, agg->path, &rels, &owners, errors);
	ash_errors_pop(errors);
	if (destination == NULL)
		return;
	ash_verify_read_action(destination, agg->read_action, errors);
	if (agg->field != NULL && ash_find_attribute(destination, agg->field) == NULL &&
		ash_find_calculation(destination, agg->field) == NULL &&
		ash_find_aggregate(destination, agg->field) == NULL)
		(void) ash_error_unknown(errors, "field", agg->field, ash_field_names(destination),
								 "unknown field \"%s\" of %s", ash_clip(agg->field),
								 destination->name);
}

/*
 * False after adding an error. Paths of aggregates can only be followed when all
 * relationships are right.
 */
bool
ash_verify_aggregates(AshResource *res, AshErrors *errors)
{
	int before = list_length(errors->items);
	int i;

	ash_errors_push_name(errors, "aggregates");
	for (i = 0; i < res->naggregates; i++)
	{
		ash_errors_push_name(errors, res->aggregates[i]->name);
		verify_aggregate(res, res->aggregates[i], errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
	return list_length(errors->items) == before;
}

/*-------------------------------------------------------------------------
 * Actions
 *-------------------------------------------------------------------------
 */

/* Names that must be attributes the action accepts. */
static void
verify_accepted(AshAction *action, const AshResource *res, List *names, const char *key,
				AshErrors *errors)
{
	ListCell *lc;

	foreach (lc, names)
	{
		AshAttribute *attr = ash_verify_attribute(res, lfirst(lc), key, errors);

		if (attr != NULL && !bms_is_member(attr->index, action->accept))
			ash_error_definition(errors, key, "the attribute \"%s\" is not accepted", attr->name);
	}
}

/* The identity and the fields of an upsert exist. */
static void
verify_upsert(AshResource *res, AshAction *action, AshErrors *errors)
{
	json_t *fields = action->upsert_fields;
	size_t i;
	json_t *item;

	if (action->upsert_identity != NULL && ash_find_identity(res, action->upsert_identity) == NULL)
		(void) ash_error_unknown(errors, "upsert_identity", action->upsert_identity,
								 ash_identity_names(res), "no such identity \"%s\"",
								 ash_clip(action->upsert_identity));
	if (json_is_object(fields) && json_object_get(fields, "replace") != NULL)
		fields = json_object_get(fields, "replace");
	else if (json_is_object(fields) && json_object_get(fields, "replace_all_except") != NULL)
		fields = json_object_get(fields, "replace_all_except");
	else if (fields != NULL && !json_is_array(fields) &&
			 !(json_is_string(fields) && strcmp(json_string_value(fields), "replace_all") == 0))
		ash_error_definition(errors, "upsert_fields",
							 "expected a list of attributes, {\"replace\": …}, "
							 "{\"replace_all_except\": …} or \"replace_all\"");
	json_array_foreach (fields, i, item)
	{
		if (json_is_string(item))
			ash_verify_attribute(res, json_string_value(item), "upsert_fields", errors);
		else
			ash_error_definition(errors, "upsert_fields", "expected a list of attributes");
	}
}

/* At least one kind of page, and limits that are positive. */
static void
verify_pagination(AshAction *action, AshErrors *errors)
{
	AshPagination *pagination = action->pagination;

	if (pagination == NULL)
		return;
	if (!pagination->offset && !pagination->keyset)
		ash_error_definition(errors, "pagination", "pagination needs \"offset\" or \"keyset\"");
	if (pagination->max_page_size < 1)
		ash_error_definition(errors, "pagination", "\"max_page_size\" must be at least 1");
	if (pagination->default_limit.set && pagination->default_limit.value < 1)
		ash_error_definition(errors, "pagination", "\"default_limit\" must be at least 1");
}

/* What the options of an action name, and the defaults of its arguments. */
static void
verify_action(AshResource *res, AshAction *action, AshErrors *errors)
{
	int i;

	if (action->primary && res->primary_actions[action->type] != action)
		ash_error_definition(errors, "primary",
							 "only one action per type can be the primary: \"%s\" is",
							 res->primary_actions[action->type]->name);
	verify_accepted(action, res, action->require_attributes, "require_attributes", errors);
	verify_accepted(action, res, action->allow_nil_input, "allow_nil_input", errors);
	ash_verify_attributes(res, action->get_by, "get_by", errors);
	verify_upsert(res, action, errors);
	verify_pagination(action, errors);
	if (action->timeout.set && action->timeout.value < 0)
		ash_error_definition(errors, "timeout", "must not be negative");
	ash_errors_push_name(errors, "arguments");
	for (i = 0; i < action->nargs; i++)
	{
		ash_errors_push_name(errors, action->args[i]->name);
		ash_verify_default(res, "default", &action->args[i]->dflt, action->args[i]->type, errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

/* All actions of the resource. */
static void
verify_actions(AshResource *res, AshErrors *errors)
{
	int i;

	ash_errors_push_name(errors, "actions");
	for (i = 0; i < res->nactions; i++)
	{
		ash_errors_push_name(errors, res->actions[i]->name);
		verify_action(res, res->actions[i], errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

/* Options about violations are for unique indexes. */
static void
verify_other_index(json_t *item, AshErrors *errors)
{
	static const char *const unique_only[] = { "error_fields", "message", "nulls_distinct" };

	for (int i = 0; i < lengthof(unique_only); i++)
	{
		if (json_object_get(item, unique_only[i]) != NULL)
			ash_error_definition(errors, unique_only[i], "it needs \"unique\": true");
	}
}

/* Options and names of custom indexes; their fields may be SQL, which the planner checks. */
static void
verify_custom_indexes(AshResource *res, AshErrors *errors)
{
	size_t i;
	json_t *item;

	ash_errors_push_name(errors, "custom_indexes");
	json_array_foreach (json_object_get(res->document, "custom_indexes"), i, item)
	{
		ash_errors_push_index(errors, (int) i);
		if (json_is_true(json_object_get(item, "unique")))
			ash_verify_attributes(res, ash_json_names(json_object_get(item, "error_fields")),
								  "error_fields", errors);
		else
			verify_other_index(item, errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

/* "parse_attribute": a function of text that gives the type of the tenant attribute. */
static void
verify_tenant_parser(AshResource *res, AshErrors *errors)
{
	const char *type;

	if (res->tenant_parser == NULL || res->tenant_attribute == NULL)
		return;
	type = res->tenant_attribute->type->sql_base;
	ash_errors_push_name(errors, "multitenancy");
	if (list_length(stringToQualifiedNameListCompat(res->tenant_parser)) != 2)
		ash_error_definition(errors, "parse_attribute",
							 "function \"%s\" must be named as schema.name", res->tenant_parser);
	else if (!OidIsValid(ash_tenant_parser(res)))
		ash_error_definition(errors, "parse_attribute",
							 "there is no stable or immutable function %s(text) returning %s",
							 res->tenant_parser, type);
	ash_errors_pop(errors);
}

/* Options of the resource itself. */
static void
verify_options(AshResource *res, AshErrors *errors)
{
	ListCell *lc;

	if (res->security == ASH_SECURITY_DEFINER && !res->has_policies)
		ash_error_definition(errors, "security",
							 "\"definer\" needs policies: nothing else guards the table");
	foreach (lc, res->check_constraints)
	{
		AshCheckConstraint *constraint = lfirst(lc);

		ash_errors_push_name(errors, "check_constraints");
		ash_errors_push_name(errors, constraint->name);
		ash_verify_attributes(res, constraint->fields, "attribute", errors);
		ash_errors_pop(errors);
		ash_errors_pop(errors);
	}
	verify_tenant_parser(res, errors);
	verify_custom_indexes(res, errors);
	if (res->domain.actor_resource != NULL && !ash_resource_exists(res->domain.actor_resource))
		(void) ash_error_unknown(errors, NULL, res->domain.actor_resource, ash_resource_names(),
								 "the actor's resource \"%s\" is not defined",
								 ash_clip(res->domain.actor_resource));
}

/*
 * All names but those of aggregates, whose paths can only be followed when the rest is
 * right.
 */
void
ash_verify_references(AshResource *res, AshErrors *errors)
{
	verify_primary_key(res, errors);
	verify_sources(res, errors);
	verify_names(res, errors);
	ash_verify_embedded(res, errors);
	ash_verify_relationships(res, errors);
	verify_identities(res, errors);
	verify_actions(res, errors);
	ash_verify_interfaces(res, errors);
	verify_options(res, errors);
}
