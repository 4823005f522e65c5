/*-------------------------------------------------------------------------
 *
 * src/define/verify_refs.c
 *	  What the names in a compiled resource refer to: other resources, their
 *	  attributes, actions, identities.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/internal.h"
#include "miscadmin.h"
#include "utils/regproc.h"

static void
fault(AshErrors *errors, const char *message)
{
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "%s", message);
}

static void
fault_at(AshErrors *errors, const char *key, const char *message)
{
	ash_errors_push_name(errors, key);
	fault(errors, message);
	ash_errors_pop(errors);
}

static List *
attribute_names(const AshResource *res)
{
	List *names = NIL;
	int i;

	for (i = 0; i < res->nattributes; i++)
		names = lappend(names, (void *) res->attributes[i]->name);
	return names;
}

/* The attribute, or NULL after adding an error at key. */
static AshAttribute *
need_attribute(const AshResource *res, const char *name, const char *key, AshErrors *errors)
{
	AshAttribute *attr = ash_find_attribute(res, name);

	if (attr != NULL)
		return attr;
	ash_errors_push_name(errors, key);
	ash_spec_unknown("attribute", name, attribute_names(res), errors);
	ash_errors_pop(errors);
	return NULL;
}

static void
need_attributes(const AshResource *res, List *names, const char *key, AshErrors *errors)
{
	ListCell *lc;

	foreach (lc, names)
		need_attribute(res, lfirst(lc), key, errors);
}

/*-------------------------------------------------------------------------
 * Attributes
 *-------------------------------------------------------------------------
 */

static void
verify_primary_key(AshResource *res, AshErrors *errors)
{
	json_t *required = json_object_get(res->document, "require_primary_key");

	if (res->nprimary_key == 0 && !res->embedded && !json_is_false(required))
		fault_at(errors, "attributes",
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
			fault_at(errors, res->attributes[i]->name,
					 psprintf("the column \"%s\" is that of attribute \"%s\"",
							  res->attributes[i]->source, res->attributes[j]->name));
			ash_errors_pop(errors);
		}
	}
}

/* Names across attributes, relationships, calculations, aggregates: keys of one record. */
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
		fault_at(errors, name, psprintf("there is another field named \"%s\"", name));
		ash_errors_pop(errors);
	}
}

/*-------------------------------------------------------------------------
 * Relationships
 *-------------------------------------------------------------------------
 */

/* The resource, or NULL after adding an error at key. */
static AshResource *
need_resource(const char *name, const char *key, AshErrors *errors)
{
	AshResource *res;

	ash_errors_push_name(errors, key);
	res = ash_resource_get(name, NULL);
	if (res == NULL && !ash_resource_exists(name))
		ash_spec_unknown("resource", name, ash_resource_names(), errors);
	else if (res != NULL && res->embedded)
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "the resource \"%s\" is embedded and has no table", name);
	ash_errors_pop(errors);
	return res != NULL && !res->embedded ? res : NULL;
}

/* Keys are compared by PostgreSQL, so both must be stored alike. */
static void
verify_same_type(const AshRelationship *rel, const AshAttribute *source, const AshAttribute *target,
				 const char *key, AshErrors *errors)
{
	if (source == NULL || target == NULL || source->type->oid == target->type->oid)
		return;
	fault_at(errors, key,
			 psprintf("the attributes \"%s\" (%s) and \"%s\" (%s) are of different types",
					  source->name, source->type->name, target->name, target->type->name));
}

static AshAttribute *
verify_source(AshResource *res, AshRelationship *rel, AshErrors *errors)
{
	AshAttribute *attr = ash_find_attribute(res, rel->source_attribute);

	if (attr == NULL)
		fault_at(errors, "source_attribute",
				 psprintf("Relationship `%s` expects source attribute `%s` to be defined",
						  rel->name, rel->source_attribute));
	return attr;
}

static AshAttribute *
verify_destination(AshRelationship *rel, AshResource *destination, AshErrors *errors)
{
	AshAttribute *attr = ash_find_attribute(destination, rel->destination_attribute);

	if (attr == NULL)
		fault_at(
			errors, "destination_attribute",
			psprintf("Relationship `%s` expects destination attribute `%s` to be defined on %s",
					 rel->name, rel->destination_attribute, destination->name));
	return attr;
}

/* The has_many to the resource between must lead to the rows that connect the two. */
static void
verify_join(const AshRelationship *joins, const AshRelationship *rel, const AshResource *through,
			AshErrors *errors)
{
	const char *why = NULL;

	if (joins->kind != ASH_REL_HAS_MANY)
		why = "is no has_many";
	else if (strcmp(joins->destination.name, through->name) != 0)
		why = psprintf("leads to %s, not to %s", joins->destination.name, through->name);
	else if (joins->no_attributes || joins->limit.set || joins->offset.set ||
			 strcmp(joins->source_attribute, rel->source_attribute) != 0 ||
			 strcmp(joins->destination_attribute, rel->source_attribute_on_join) != 0)
		why = "does not have all rows of the resource between that belong to a record";
	if (why != NULL)
		fault_at(errors, "join_relationship", psprintf("\"%s\" %s", joins->name, why));
}

static void
verify_through(AshResource *res, AshRelationship *rel, AshAttribute *source, AshAttribute *target,
			   AshErrors *errors)
{
	AshResource *join = need_resource(rel->through.name, "through", errors);
	AshAttribute *from;
	AshAttribute *to;

	if (join == NULL)
		return;
	from = need_attribute(join, rel->source_attribute_on_join, "source_attribute_on_join_resource",
						  errors);
	to = need_attribute(join, rel->destination_attribute_on_join,
						"destination_attribute_on_join_resource", errors);
	verify_same_type(rel, source, from, "source_attribute_on_join_resource", errors);
	verify_same_type(rel, target, to, "destination_attribute_on_join_resource", errors);
	verify_join(ash_find_relationship(res, rel->join_relationship), rel, join, errors);
}

static void
verify_read_action(AshResource *destination, const char *name, AshErrors *errors)
{
	AshAction *action = name ? ash_find_action(destination, name) : NULL;

	if (name == NULL || (action != NULL && action->type == ASH_ACTION_READ))
		return;
	fault_at(errors, "read_action",
			 psprintf("\"%s\" is no read action of %s", name, destination->name));
}

/* Does a path of relationships come back to the one it defines? */
static bool
leads_through(AshResource *res, List *path, const AshRelationship *rel)
{
	ListCell *lc;

	check_stack_depth();
	foreach (lc, path)
	{
		AshRelationship *step = ash_find_relationship(res, lfirst(lc));

		if (step == rel || leads_through(res, step->path, rel))
			return true;
		res = ash_ref_resource(&step->destination);
	}
	return false;
}

static void
verify_path(AshResource *res, AshRelationship *rel, AshResource *destination, AshErrors *errors)
{
	List *rels = NIL;
	List *owners = NIL;
	AshResource *end;

	ash_errors_push_name(errors, "through");
	end = ash_path_resolve(res, rel->path, &rels, &owners, errors);
	if (end != NULL && end != destination)
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "the path leads to %s, and the destination is %s", end->name,
					  destination->name);
	else if (end != NULL && leads_through(res, rel->path, rel))
		fault(errors, "the path leads through the relationship itself");
	if (destination->nprimary_key == 0)
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "%s has no primary key to tell its rows apart", destination->name);
	ash_errors_pop(errors);
}

static void
verify_manual(AshResource *res, AshResource *destination, AshErrors *errors)
{
	AshResource *without = res->nprimary_key == 0 ? res : destination;

	if (without->nprimary_key > 0)
		return;
	ash_errors_push_name(errors, "manual");
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
				  "%s has no primary key for a function to name its rows by", without->name);
	ash_errors_pop(errors);
}

/* Further pairs of the foreign key. */
static void
verify_match_with(AshResource *res, AshRelationship *rel, AshResource *destination, json_t *pairs,
				  AshErrors *errors)
{
	const char *name;
	json_t *item;

	if (pairs != NULL && !json_is_object(pairs))
		fault_at(errors, "match_with", "expected an object: {\"here\": \"at the destination\"}");
	json_object_foreach (pairs, name, item)
	{
		AshAttribute *source = need_attribute(res, name, "match_with", errors);
		AshAttribute *target = NULL;

		if (!json_is_string(item))
			fault_at(errors, "match_with", "expected the name of an attribute of the destination");
		else
			target = need_attribute(destination, json_string_value(item), "match_with", errors);
		verify_same_type(rel, source, target, "match_with", errors);
		if (strcmp(name, rel->source_attribute) == 0)
			fault_at(errors, "match_with", "the relationship's own attribute is part of the key");
	}
}

/* What is emptied has to be part of the foreign key. */
static void
verify_nilify(AshResource *res, AshRelationship *rel, json_t *references, AshErrors *errors)
{
	json_t *action = json_object_get(references, "on_delete");
	json_t *pairs = json_object_get(references, "match_with");
	bool tenant = json_is_true(json_object_get(references, "match_tenant"));
	List *names = ash_json_names(json_object_get(references, "nilify"));
	ListCell *lc;

	if (names != NIL && (action == NULL || strcmp(json_string_value(action), "nilify") != 0))
		fault_at(errors, "nilify", "it needs \"on_delete\": \"nilify\"");
	foreach (lc, names)
	{
		const char *name = lfirst(lc);

		if (strcmp(name, rel->source_attribute) != 0 && json_object_get(pairs, name) == NULL &&
			!(tenant && res->tenant_attribute && strcmp(res->tenant_attribute->name, name) == 0))
			fault_at(errors, "nilify", psprintf("\"%s\" is not part of the foreign key", name));
	}
}

static bool
has_foreign_key(const AshRelationship *rel)
{
	json_t *references = json_object_get(rel->definition, "references");

	return rel->constraint_name != NULL && !rel->no_attributes &&
		   !json_is_true(json_object_get(references, "ignore"));
}

/* Relationships may share a foreign key, but its name can only be that of one. */
static void
verify_key_name(AshResource *res, AshRelationship *rel, AshErrors *errors)
{
	json_t *references = json_object_get(rel->definition, "references");

	for (int i = 0; i < res->nrelationships && res->relationships[i] != rel; i++)
	{
		AshRelationship *other = res->relationships[i];
		json_t *others = json_object_get(other->definition, "references");

		if (!has_foreign_key(rel) || !has_foreign_key(other) ||
			strcmp(rel->constraint_name, other->constraint_name) != 0)
			continue;
		if (strcmp(rel->destination.name, other->destination.name) != 0 ||
			strcmp(rel->source_attribute, other->source_attribute) != 0 ||
			strcmp(rel->destination_attribute, other->destination_attribute) != 0 ||
			(references != others && !json_equal(references, others)))
			fault_at(errors, "references",
					 psprintf("the foreign key \"%s\" is already that of relationship \"%s\": "
							  "give it a \"name\", or \"ignore\": true",
							  rel->constraint_name, other->name));
	}
}

static void
verify_foreign_key(AshResource *res, AshRelationship *rel, AshResource *destination,
				   AshErrors *errors)
{
	json_t *references = json_object_get(rel->definition, "references");

	verify_key_name(res, rel, errors);
	if (references == NULL)
		return;
	ash_errors_push_name(errors, "references");
	verify_match_with(res, rel, destination, json_object_get(references, "match_with"), errors);
	verify_nilify(res, rel, references, errors);
	if (json_is_true(json_object_get(references, "match_tenant")) &&
		(res->tenant_attribute == NULL || destination->tenant_attribute == NULL))
		fault_at(errors, "match_tenant", "both resources need multitenancy by attribute");
	if (json_object_get(references, "index_where") != NULL &&
		!json_is_true(json_object_get(references, "index")))
		fault_at(errors, "index_where", "it needs \"index\": true");
	ash_errors_pop(errors);
}

static void
verify_relationship(AshResource *res, AshRelationship *rel, AshErrors *errors)
{
	AshResource *destination = need_resource(rel->destination.name, "destination", errors);
	json_t *validate = json_object_get(rel->definition, "validate_destination_attribute");
	AshAttribute *source;
	AshAttribute *target;

	if (destination == NULL)
		return;
	verify_read_action(destination, rel->read_action, errors);
	if (rel->path != NIL)
		verify_path(res, rel, destination, errors);
	if (rel->manual != NULL)
		verify_manual(res, destination, errors);
	if (rel->no_attributes)
		return;
	source = verify_source(res, rel, errors);
	verify_foreign_key(res, rel, destination, errors);
	if (json_is_false(validate))
		return;
	target = verify_destination(rel, destination, errors);
	if (rel->kind == ASH_REL_MANY_TO_MANY)
		verify_through(res, rel, source, target, errors);
	else
		verify_same_type(rel, source, target, "destination_attribute", errors);
}

static void
verify_relationships(AshResource *res, AshErrors *errors)
{
	int i;

	ash_errors_push_name(errors, "relationships");
	for (i = 0; i < res->nrelationships; i++)
	{
		ash_errors_push_name(errors, res->relationships[i]->name);
		verify_relationship(res, res->relationships[i], errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

/*-------------------------------------------------------------------------
 * Identities and aggregates
 *-------------------------------------------------------------------------
 */

static void
verify_identity(AshResource *res, AshIdentity *identity, AshErrors *errors)
{
	ListCell *lc;

	foreach (lc, identity->keys)
	{
		const char *key = lfirst(lc);

		if (ash_find_calculation(res, key) != NULL)
			fault_at(errors, "keys",
					 psprintf("identity keys must be attributes; \"%s\" is a calculation", key));
		else if (ash_find_attribute(res, key) == NULL)
			fault_at(errors, "keys",
					 psprintf("All identity keys must be attributes or calculations. Got: %s",
							  key));
	}
	if ((identity->eager_check || identity->pre_check) && !res->embedded &&
		res->primary_actions[ASH_ACTION_READ] == NULL)
		fault(errors, "a checked identity needs a primary read action");
}

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
	verify_read_action(destination, agg->read_action, errors);
	if (agg->field != NULL && ash_find_attribute(destination, agg->field) == NULL &&
		ash_find_calculation(destination, agg->field) == NULL &&
		ash_find_aggregate(destination, agg->field) == NULL)
	{
		ash_errors_push_name(errors, "field");
		ash_spec_unknown("field", agg->field, attribute_names(destination), errors);
		ash_errors_pop(errors);
	}
}

/* False after adding an error. */
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

static void
verify_accepted(AshAction *action, const AshResource *res, List *names, const char *key,
				AshErrors *errors)
{
	ListCell *lc;

	foreach (lc, names)
	{
		AshAttribute *attr = need_attribute(res, lfirst(lc), key, errors);

		if (attr != NULL && !bms_is_member(attr->index, action->accept))
			fault_at(errors, key, psprintf("the attribute \"%s\" is not accepted", attr->name));
	}
}

static void
verify_upsert(AshResource *res, AshAction *action, AshErrors *errors)
{
	json_t *fields = action->upsert_fields;
	size_t i;
	json_t *item;

	if (action->upsert_identity != NULL && ash_find_identity(res, action->upsert_identity) == NULL)
		fault_at(errors, "upsert_identity",
				 psprintf("no such identity \"%s\"", action->upsert_identity));
	if (json_is_object(fields) && json_object_get(fields, "replace") != NULL)
		fields = json_object_get(fields, "replace");
	else if (json_is_object(fields) && json_object_get(fields, "replace_all_except") != NULL)
		fields = json_object_get(fields, "replace_all_except");
	else if (fields != NULL && !json_is_array(fields) &&
			 !(json_is_string(fields) && strcmp(json_string_value(fields), "replace_all") == 0))
		fault_at(errors, "upsert_fields",
				 "expected a list of attributes, {\"replace\": …}, "
				 "{\"replace_all_except\": …} or \"replace_all\"");
	json_array_foreach (fields, i, item)
	{
		if (json_is_string(item))
			need_attribute(res, json_string_value(item), "upsert_fields", errors);
		else
			fault_at(errors, "upsert_fields", "expected a list of attributes");
	}
}

static void
verify_pagination(AshAction *action, AshErrors *errors)
{
	AshPagination *pagination = action->pagination;

	if (pagination == NULL)
		return;
	if (!pagination->offset && !pagination->keyset)
		fault_at(errors, "pagination", "pagination needs \"offset\" or \"keyset\"");
	if (pagination->max_page_size < 1)
		fault_at(errors, "pagination", "\"max_page_size\" must be at least 1");
	if (pagination->default_limit.set && pagination->default_limit.value < 1)
		fault_at(errors, "pagination", "\"default_limit\" must be at least 1");
}

static void
verify_action(AshResource *res, AshAction *action, AshErrors *errors)
{
	int i;

	if (action->primary && res->primary_actions[action->type] != action)
		fault_at(errors, "primary",
				 psprintf("only one action per type can be the primary: \"%s\" is",
						  res->primary_actions[action->type]->name));
	verify_accepted(action, res, action->require_attributes, "require_attributes", errors);
	verify_accepted(action, res, action->allow_nil_input, "allow_nil_input", errors);
	need_attributes(res, action->get_by, "get_by", errors);
	verify_upsert(res, action, errors);
	verify_pagination(action, errors);
	ash_errors_push_name(errors, "arguments");
	for (i = 0; i < action->nargs; i++)
	{
		ash_errors_push_name(errors, action->args[i]->name);
		ash_verify_default(res, "default", &action->args[i]->dflt, action->args[i]->type, errors);
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
}

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

/* Only a unique index can be violated. */
static void
verify_custom_indexes(AshResource *res, AshErrors *errors)
{
	size_t i;
	json_t *item;
	ListCell *lc;

	ash_errors_push_name(errors, "custom_indexes");
	json_array_foreach (json_object_get(res->document, "custom_indexes"), i, item)
	{
		if (json_is_true(json_object_get(item, "unique")))
			continue;
		if (json_object_get(item, "error_fields") != NULL)
			fault_at(errors, "error_fields", "it needs \"unique\": true");
		if (json_object_get(item, "message") != NULL)
			fault_at(errors, "message", "it needs \"unique\": true");
	}
	foreach (lc, res->unique_indexes)
		need_attributes(res, ((AshUniqueIndex *) lfirst(lc))->fields, "error_fields", errors);
	ash_errors_pop(errors);
}

static void
verify_tenant_parser(AshResource *res, AshErrors *errors)
{
	const char *type;

	if (res->tenant_parser == NULL || res->tenant_attribute == NULL)
		return;
	type = res->tenant_attribute->type->sql_base;
	ash_errors_push_name(errors, "multitenancy");
	if (list_length(stringToQualifiedNameListCompat(res->tenant_parser)) != 2)
		fault_at(errors, "parse_attribute",
				 psprintf("function \"%s\" must be named as schema.name", res->tenant_parser));
	else if (!OidIsValid(ash_tenant_parser(res)))
		fault_at(errors, "parse_attribute",
				 psprintf("there is no stable or immutable function %s(text) returning %s",
						  res->tenant_parser, type));
	ash_errors_pop(errors);
}

static void
verify_options(AshResource *res, AshErrors *errors)
{
	ListCell *lc;

	if (res->security == ASH_SECURITY_DEFINER && !res->has_policies)
		fault_at(errors, "security", "\"definer\" needs policies: nothing else guards the table");
	foreach (lc, res->check_constraints)
	{
		AshCheckConstraint *constraint = lfirst(lc);

		ash_errors_push_name(errors, "check_constraints");
		ash_errors_push_name(errors, constraint->name);
		need_attributes(res, constraint->fields, "attribute", errors);
		ash_errors_pop(errors);
		ash_errors_pop(errors);
	}
	verify_tenant_parser(res, errors);
	verify_custom_indexes(res, errors);
	if (res->domain.actor_resource != NULL && !ash_resource_exists(res->domain.actor_resource))
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "the actor's resource \"%s\" is not defined", res->domain.actor_resource);
}

/* All but aggregates, whose paths can only be followed when the rest is right. */
void
ash_verify_references(AshResource *res, AshErrors *errors)
{
	verify_primary_key(res, errors);
	verify_sources(res, errors);
	verify_names(res, errors);
	ash_verify_embedded(res, errors);
	verify_relationships(res, errors);
	verify_identities(res, errors);
	verify_actions(res, errors);
	ash_verify_interfaces(res, errors);
	verify_options(res, errors);
}
