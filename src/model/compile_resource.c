/*-------------------------------------------------------------------------
 *
 * src/model/compile_resource.c
 *	  An expanded document → AshResource.
 *
 * Everything is built in one new memory context, which owns references to the
 * two documents.  On any error the result is NULL, and the context is left to its
 * parent: errors may point into it.  The order matters: attributes come before
 * what names them.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/action_def.h"
#include "model/aggregate.h"
#include "model/attribute.h"
#include "model/calculation.h"
#include "model/model_internal.h"
#include "model/relationship.h"
#include "model/resource.h"
#include "model/table_constraint.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

void **
ash_compile_section(AshResource *res, json_t *node, const char *key, AshMemberCompiler compile,
					int *count, AshErrors *errors)
{
	json_t *section = json_object_get(node, key);
	void **members = palloc0(sizeof(void *) * (2 * json_object_size(section) + 1));
	const char *name;
	json_t *member;

	*count = 0;
	ash_errors_push_name(errors, key);
	json_object_foreach (section, name, member)
	{
		void *compiled;

		ash_errors_push_name(errors, name);
		compiled = compile(res, name, member, errors);
		if (compiled != NULL)
			members[(*count)++] = compiled;
		ash_errors_pop(errors);
	}
	ash_errors_pop(errors);
	ash_find_prepare(members, *count);
	return members;
}

void
ash_resource_add_dep(AshResource *res, const char *name)
{
	if (strcmp(name, res->name) != 0 && !ash_names_contain(res->deps, name))
		res->deps = lappend(res->deps, pstrdup(name));
}

static void
compile_domain(AshResource *res, json_t *domain)
{
	AshDomain *filled = ash_spec_fill(&ash_domain_spec, domain);
	json_t *node = json_object_get(domain, "authorization");
	AshAuthorization *authorization;

	if (filled->schema == NULL)
		filled->schema = filled->name;
	if (node != NULL)
	{
		authorization = ash_spec_fill(&ash_authorization_spec, node);
		filled->authorize = authorization->authorize;
		filled->require_actor = authorization->require_actor;
		filled->actor_resource = authorization->actor;
		filled->actor_source = authorization->actor_source;
	}
	filled->functions = json_object_get(domain, "functions");
	res->domain = *filled;
	if (res->domain.actor_resource != NULL)
		ash_resource_add_dep(res, res->domain.actor_resource);
}

static void
compile_table(AshResource *res)
{
	if (res->schema == NULL)
		res->schema = res->domain.schema;
	if (res->table == NULL)
		res->table = res->short_name;
	res->qualified = quote_qualified_identifier(res->schema, res->table);
	res->primary_key_name = ash_object_name(res->table, NULL, "pkey");
}

static void
compile_attributes(AshResource *res, json_t *node, AshErrors *errors)
{
	int i;

	res->attributes =
		(AshAttribute **) ash_compile_section(res, node, "attributes", ash_compile_attribute,
											  &res->nattributes, errors);
	res->primary_key = palloc0(sizeof(AshAttribute *) * (res->nattributes + 1));
	for (i = 0; i < res->nattributes; i++)
	{
		AshAttribute *attr = res->attributes[i];

		attr->index = i;
		if (attr->primary_key)
			res->primary_key[res->nprimary_key++] = attr;
	}
}

static void
compile_relationships(AshResource *res, json_t *node, AshErrors *errors)
{
	int i;

	res->relationships = (AshRelationship **) ash_compile_section(res, node, "relationships",
																  ash_compile_relationship,
																  &res->nrelationships, errors);
	for (i = 0; i < res->nrelationships; i++)
		res->relationships[i]->index = i;
}

static void
compile_computed(AshResource *res, json_t *node, AshErrors *errors)
{
	int i;

	res->calculations =
		(AshCalculation **) ash_compile_section(res, node, "calculations", ash_compile_calculation,
												&res->ncalculations, errors);
	for (i = 0; i < res->ncalculations; i++)
		res->calculations[i]->index = i;
	res->aggregates =
		(AshAggregate **) ash_compile_section(res, node, "aggregates", ash_compile_aggregate,
											  &res->naggregates, errors);
	for (i = 0; i < res->naggregates; i++)
		res->aggregates[i]->index = i;
}

static void
compile_actions(AshResource *res, json_t *node, AshErrors *errors)
{
	int i;

	res->actions = (AshAction **) ash_compile_section(res, node, "actions", ash_compile_action,
													  &res->nactions, errors);
	for (i = 0; i < res->nactions; i++)
	{
		AshAction *action = res->actions[i];

		action->index = i;
		if (action->primary)
			res->primary_actions[action->type] = action;
	}
}

static const char *
text_of(json_t *node, const char *key, const char *missing)
{
	const char *text = json_string_value(json_object_get(node, key));

	return text ? pstrdup(text) : missing;
}

static void
compile_check_constraints(AshResource *res, json_t *node)
{
	const char *name;
	json_t *item;

	json_object_foreach (json_object_get(node, "check_constraints"), name, item)
	{
		AshCheckConstraint *constraint = palloc0(sizeof(AshCheckConstraint));

		constraint->name = pstrdup(name);
		constraint->check = text_of(item, "check", NULL);
		constraint->fields = ash_json_names(json_object_get(item, "attribute"));
		constraint->message = text_of(item, "message", "is invalid");
		res->check_constraints = lappend(res->check_constraints, constraint);
	}
}

/* What a statement comes after may not be undefined under it. */
static void
compile_custom_statements(AshResource *res, json_t *node)
{
	const char *name;
	json_t *item;
	ListCell *lc;

	json_object_foreach (json_object_get(node, "custom_statements"), name, item)
	{
		foreach (lc, ash_json_names(json_object_get(item, "after_tables")))
			ash_resource_add_dep(res, lfirst(lc));
	}
}

/* Letters and digits of the fields, for the name. */
static char *
field_label(List *fields)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach (lc, fields)
	{
		const char *p = lfirst(lc);

		if (buf.len > 0)
			appendStringInfoChar(&buf, '_');
		for (; *p; p++)
		{
			if (IS_HIGHBIT_SET(*p) || isalnum((unsigned char) *p) || *p == '_')
				appendStringInfoChar(&buf, *p);
		}
	}
	return buf.data;
}

/* The name the index has in the database. */
const char *
ash_custom_index_name(const AshResource *res, const json_t *node)
{
	const char *name = json_string_value(json_object_get(node, "name"));

	return name ? pstrdup(name) :
				  ash_object_name(res->table,
								  field_label(ash_json_names(json_object_get(node, "fields"))),
								  "index");
}

/* Fields of the error: those that are named, or the attributes among the keys. */
static List *
index_error_fields(const AshResource *res, const json_t *node)
{
	List *fields = ash_json_names(json_object_get(node, "error_fields"));
	ListCell *lc;

	if (fields != NIL)
		return fields;
	foreach (lc, ash_json_names(json_object_get(node, "fields")))
	{
		const char *field = lfirst(lc);

		field += field[0] == '-' ? 1 : 0;
		if (ash_find_attribute(res, field) != NULL)
			fields = lappend(fields, pstrdup(field));
	}
	return fields;
}

static void
compile_unique_indexes(AshResource *res, json_t *node)
{
	size_t i;
	json_t *item;

	json_array_foreach (json_object_get(node, "custom_indexes"), i, item)
	{
		AshNamedConstraint *index;

		if (!json_is_true(json_object_get(item, "unique")))
			continue;
		index = palloc0(sizeof(AshNamedConstraint));
		index->name = ash_custom_index_name(res, item);
		index->fields = index_error_fields(res, item);
		index->message = text_of(item, "message", "has already been taken");
		res->unique_indexes = lappend(res->unique_indexes, index);
	}
}

/* What others made, under key in the document; appended to list. */
static void
compile_named(List **list, json_t *node, const char *key, const char *message)
{
	const char *name;
	json_t *item;

	json_object_foreach (json_object_get(node, key), name, item)
	{
		AshNamedConstraint *constraint = ash_spec_fill(&ash_named_constraint_spec, item);

		constraint->name = pstrdup(name);
		if (constraint->message == NULL)
			constraint->message = message;
		*list = lappend(*list, constraint);
	}
}

static void
compile_tenancy(AshResource *res, json_t *node, AshErrors *errors)
{
	json_t *tenancy = json_object_get(node, "multitenancy");
	AshMultitenancy *filled;
	List *names = NIL;

	if (tenancy == NULL)
		return;
	filled = ash_spec_fill(&ash_multitenancy_spec, tenancy);
	res->tenancy = filled->strategy;
	res->tenant_global = filled->global;
	res->tenant_parser = filled->parse_attribute;
	if (res->tenancy != ASH_TENANCY_ATTRIBUTE)
		return;
	if (filled->attribute != NULL)
		res->tenant_attribute = ash_find_attribute(res, filled->attribute);
	/* one that is there has a fault of its own when it was not compiled */
	if (res->tenant_attribute != NULL ||
		(filled->attribute != NULL &&
		 json_object_get(json_object_get(node, "attributes"), filled->attribute) != NULL))
		return;
	for (int i = 0; i < res->nattributes; i++)
		names = lappend(names, unconstify(char *, res->attributes[i]->name));
	ash_errors_push_name(errors, "multitenancy");
	ash_errors_push_name(errors, "attribute");
	ash_spec_unknown("attribute", filled->attribute ? filled->attribute : "", names, errors);
	ash_errors_pop(errors);
	ash_errors_pop(errors);
}

/* The domain's policies come first; a key that is present denies by default, even when empty. */
static void
compile_policies(AshResource *res, json_t *domain, json_t *node)
{
	json_t *shared = json_object_get(domain, "policies");
	json_t *own = json_object_get(node, "policies");
	json_t *all;

	res->has_policies = !res->embedded ? (shared != NULL || own != NULL) : own != NULL;
	res->has_field_policies = json_array_size(res->field_policies_json) > 0;
	if (!res->has_policies)
		return;
	all = json_array();
	if (!res->embedded && shared != NULL)
		json_array_extend(all, shared);
	if (own != NULL)
		json_array_extend(all, own);
	res->policies_json = ash_json_own(res->cxt, all);
}

static AshResource *
compile_resource(MemoryContext cxt, json_t *domain, json_t *node, const char *name,
				 AshErrors *errors)
{
	AshResource *res = ash_spec_fill(&ash_resource_spec, node);
	const char *dot = strchr(name, '.');

	res->cxt = cxt;
	res->name = pstrdup(name);
	res->short_name = pstrdup(dot ? dot + 1 : name);
	res->document = ash_json_own(cxt, json_incref(node));
	ash_json_own(cxt, json_incref(domain));
	compile_domain(res, domain);
	compile_table(res);
	compile_attributes(res, node, errors);
	compile_relationships(res, node, errors);
	res->identities =
		(AshIdentity **) ash_compile_section(res, node, "identities", ash_compile_identity,
											 &res->nidentities, errors);
	compile_computed(res, node, errors);
	compile_tenancy(res, node, errors);
	if (json_object_get(node, "default_context") != NULL)
		res->default_context = ash_jsonb_from_json(json_object_get(node, "default_context"));
	compile_actions(res, node, errors);
	compile_check_constraints(res, node);
	compile_custom_statements(res, node);
	compile_unique_indexes(res, node);
	compile_named(&res->unique_indexes, node, "unique_index_names", "has already been taken");
	compile_named(&res->unique_indexes, node, "exclusion_constraint_names",
				  "violates an exclusion constraint");
	compile_named(&res->foreign_keys, node, "foreign_key_names", "does not exist");
	compile_policies(res, domain, node);
	return res;
}

AshResource *
ash_resource_compile(MemoryContext parent, json_t *domain, json_t *resource, const char *name,
					 AshErrors *errors)
{
	int before = list_length(errors->items);
	MemoryContext cxt = AllocSetContextCreate(parent, "ash resource", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	AshResource *res;

	MemoryContextCopyAndSetIdentifier(cxt, name);
	res = compile_resource(cxt, domain, resource, name, errors);
	MemoryContextSwitchTo(old);
	return list_length(errors->items) == before ? res : NULL;
}

void
ash_stale_definition(const AshResource *res, const AshErrors *errors)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
					errmsg("the definition of resource \"%s\" no longer holds", res->name),
					errdetail("%s", ash_errors_message(errors))));
}
