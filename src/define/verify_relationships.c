/*-------------------------------------------------------------------------
 *
 * src/define/verify_relationships.c
 *	  Verifies the names in relationships, and their foreign keys.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/define_internal.h"
#include "miscadmin.h"
#include "model/action_def.h"
#include "model/attribute.h"
#include "model/relationship.h"

/* The resource, or NULL after adding an error at key; an embedded one has no rows. */
static AshResource *
need_resource(const char *name, const char *key, AshErrors *errors)
{
	AshResource *res;

	res = ash_resource_get(name, NULL);
	if (res == NULL && !ash_resource_exists(name))
		(void) ash_error_unknown(errors, key, name, ash_resource_names(), "unknown resource \"%s\"",
								 ash_clip(name));
	else if (res != NULL && res->embedded)
		ash_error_about(errors,
						ash_error_definition(errors, key,
											 "the resource \"%s\" is embedded and has no table",
											 name),
						name);
	return res != NULL && !res->embedded ? res : NULL;
}

/*
 * PostgreSQL compares keys, so both must be stored as the same type. NULL has an error
 * already.
 */
static void
verify_same_type(const AshRelationship *rel, const AshAttribute *source, const AshAttribute *target,
				 const char *key, AshErrors *errors)
{
	if (source == NULL || target == NULL || source->type->oid == target->type->oid)
		return;
	ash_error_definition(errors, key,
						 "the attributes \"%s\" (%s) and \"%s\" (%s) are of different types",
						 source->name, source->type->name, target->name, target->type->name);
}

/* The attribute at this side, or NULL after adding an error. */
static AshAttribute *
verify_source(AshResource *res, AshRelationship *rel, AshErrors *errors)
{
	AshAttribute *attr = ash_find_attribute(res, rel->source_attribute);

	if (attr == NULL)
		(void) ash_error_unknown(errors, "source_attribute", rel->source_attribute,
								 ash_attribute_names(res),
								 "Relationship `%s` expects source attribute `%s` to be defined",
								 rel->name, rel->source_attribute);
	return attr;
}

/* The attribute at the other side, or NULL after adding an error. */
static AshAttribute *
verify_destination(AshRelationship *rel, AshResource *destination, AshErrors *errors)
{
	AshAttribute *attr = ash_find_attribute(destination, rel->destination_attribute);

	if (attr == NULL)
		(void) ash_error_unknown(
			errors, "destination_attribute", rel->destination_attribute,
			ash_attribute_names(destination),
			"Relationship `%s` expects destination attribute `%s` to be defined on %s", rel->name,
			rel->destination_attribute, destination->name);
	return attr;
}

/*
 * joins, the has_many to the resource in between, must give all rows that connect the two
 * resources, and no others.
 */
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
		ash_error_definition(errors, "join_relationship", "\"%s\" %s", joins->name, why);
}

/* The resource between the two sides of a many_to_many, and its two keys. */
static void
verify_through(AshResource *res, AshRelationship *rel, AshAttribute *source, AshAttribute *target,
			   AshErrors *errors)
{
	AshResource *join = need_resource(rel->through.name, "through", errors);
	AshAttribute *from;
	AshAttribute *to;

	if (join == NULL)
		return;
	from = ash_verify_attribute(join, rel->source_attribute_on_join,
								"source_attribute_on_join_resource", errors);
	to = ash_verify_attribute(join, rel->destination_attribute_on_join,
							  "destination_attribute_on_join_resource", errors);
	verify_same_type(rel, source, from, "source_attribute_on_join_resource", errors);
	verify_same_type(rel, target, to, "destination_attribute_on_join_resource", errors);
	verify_join(ash_find_relationship(res, rel->join_relationship), rel, join, errors);
}

/* name must be a read action of destination; NULL names none. */
void
ash_verify_read_action(AshResource *destination, const char *name, AshErrors *errors)
{
	AshAction *action = name ? ash_find_action(destination, name) : NULL;

	if (name == NULL || (action != NULL && action->type == ASH_ACTION_READ))
		return;
	(void) ash_error_unknown(errors, "read_action", name,
							 ash_action_names(destination, ASH_ON(ASH_ACTION_READ)),
							 "\"%s\" is no read action of %s", ash_clip(name), destination->name);
}

/* True if a path of relationships comes back to the one it defines. */
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

/*
 * "through" as a path: it leads to the destination, not through itself, and the rows at its
 * end can be told apart.
 */
static void
verify_path(AshResource *res, AshRelationship *rel, AshResource *destination, AshErrors *errors)
{
	List *rels = NIL;
	List *owners = NIL;
	AshResource *end;

	ash_errors_push_name(errors, "through");
	end = ash_path_resolve(res, rel->path, &rels, &owners, errors);
	if (end != NULL && end != destination)
		ash_error_definition(errors, NULL, "the path leads to %s, and the destination is %s",
							 end->name, destination->name);
	else if (end != NULL && leads_through(res, rel->path, rel))
		ash_error_definition(errors, NULL, "the path leads through the relationship itself");
	if (destination->nprimary_key == 0)
		ash_error_definition(errors, NULL, "%s has no primary key to tell its rows apart",
							 destination->name);
	ash_errors_pop(errors);
}

/* The function of a manual relationship refers to rows by their primary keys. */
static void
verify_manual(AshResource *res, AshResource *destination, AshErrors *errors)
{
	AshResource *without = res->nprimary_key == 0 ? res : destination;

	if (without->nprimary_key > 0)
		return;
	ash_errors_push_name(errors, "manual");
	ash_error_definition(errors, NULL, "%s has no primary key for a function to name its rows by",
						 without->name);
	ash_errors_pop(errors);
}

/* Further pairs of attributes of the foreign key: here and at the destination. */
static void
verify_match_with(AshResource *res, AshRelationship *rel, AshResource *destination, json_t *pairs,
				  AshErrors *errors)
{
	const char *name;
	json_t *item;

	if (pairs != NULL && !json_is_object(pairs))
		ash_error_definition(errors, "match_with",
							 "expected an object: {\"here\": \"at the destination\"}");
	json_object_foreach (pairs, name, item)
	{
		AshAttribute *source = ash_verify_attribute(res, name, "match_with", errors);
		AshAttribute *target = NULL;

		if (!json_is_string(item))
			ash_error_definition(errors, "match_with",
								 "expected the name of an attribute of the destination");
		else
			target =
				ash_verify_attribute(destination, json_string_value(item), "match_with", errors);
		verify_same_type(rel, source, target, "match_with", errors);
		if (strcmp(name, rel->source_attribute) == 0)
			ash_error_definition(errors, "match_with",
								 "the relationship's own attribute is part of the key");
	}
}

/* Only columns of the foreign key can be set to null when the other row goes. */
static void
verify_nilify(AshResource *res, AshRelationship *rel, json_t *references, AshErrors *errors)
{
	json_t *action = json_object_get(references, "on_delete");
	json_t *pairs = json_object_get(references, "match_with");
	bool tenant = json_is_true(json_object_get(references, "match_tenant"));
	List *names = ash_json_names(json_object_get(references, "nilify"));
	ListCell *lc;

	if (names != NIL && (action == NULL || strcmp(json_string_value(action), "nilify") != 0))
		ash_error_definition(errors, "nilify", "it needs \"on_delete\": \"nilify\"");
	foreach (lc, names)
	{
		const char *name = lfirst(lc);

		if (strcmp(name, rel->source_attribute) != 0 && json_object_get(pairs, name) == NULL &&
			!(tenant && res->tenant_attribute && strcmp(res->tenant_attribute->name, name) == 0))
			ash_error_definition(errors, "nilify", "\"%s\" is not part of the foreign key", name);
	}
}

/* True if the planner makes a foreign key for the relationship. */
static bool
has_foreign_key(const AshRelationship *rel)
{
	json_t *references = json_object_get(rel->definition, "references");

	return rel->constraint_name != NULL && !rel->no_attributes &&
		   !json_is_true(json_object_get(references, "ignore"));
}

/* Relationships may share a foreign key, but then all that is said of it must agree. */
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
			ash_error_definition(errors, "references",
								 "the foreign key \"%s\" is already that of relationship \"%s\": "
								 "give it a \"name\", or \"ignore\": true",
								 rel->constraint_name, other->name);
	}
}

/* The options under "references". */
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
		ash_error_definition(errors, "match_tenant",
							 "both resources need multitenancy by attribute");
	if (json_object_get(references, "index_where") != NULL &&
		!json_is_true(json_object_get(references, "index")))
		ash_error_definition(errors, "index_where", "it needs \"index\": true");
	ash_errors_pop(errors);
}

/*
 * Everything a relationship names. Without its destination nothing more can be verified;
 * "validate_destination_attribute": false is for a destination whose attributes are
 * unknown.
 */
static void
verify_relationship(AshResource *res, AshRelationship *rel, AshErrors *errors)
{
	AshResource *destination = need_resource(rel->destination.name, "destination", errors);
	json_t *validate = json_object_get(rel->definition, "validate_destination_attribute");
	AshAttribute *source;
	AshAttribute *target;

	if (destination == NULL)
		return;
	ash_verify_read_action(destination, rel->read_action, errors);
	if (rel->limit.set && rel->limit.value < 0)
		ash_error_definition(errors, "limit", "must not be negative");
	if (rel->offset.set && rel->offset.value < 0)
		ash_error_definition(errors, "offset", "must not be negative");
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

/* All relationships of the resource. */
void
ash_verify_relationships(AshResource *res, AshErrors *errors)
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
