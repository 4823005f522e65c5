/*-------------------------------------------------------------------------
 *
 * src/define/expand_types.c
 *	  Types of a domain replaced by what they stand for, and what can be known
 *	  of other resources while a document is expanded.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/define_internal.h"
#include "miscadmin.h"

/* User types may be based on user types, but not without end. */
#define MAX_TYPE_DEPTH 16

/* Relationships that define a key that is itself a foreign key. */
#define MAX_KEY_DEPTH 16

/* "comment" is short for a resource of the own domain; palloc'd. */
char *
ash_expand_resource_name(AshExpansion *exp, const char *name)
{
	if (strchr(name, '.') != NULL)
		return pstrdup(name);
	return psprintf("%s.%s", exp->doc->name, name);
}

/* The document of that domain among those that are being defined, or NULL. */
static AshDomainDocument *
find_document(AshDefinition *def, const char *domain)
{
	ListCell *lc;

	foreach (lc, def->domains)
	{
		AshDomainDocument *doc = lfirst(lc);

		if (strcmp(doc->name, domain) == 0)
			return doc;
	}
	return NULL;
}

/* The tree of a stored text, owned by CurrentMemoryContext. */
static json_t *
parse_stored(const char *text)
{
	return ash_json_own(CurrentMemoryContext, ash_json_parse(text, strlen(text), NULL));
}

/*-------------------------------------------------------------------------
 * User types
 *-------------------------------------------------------------------------
 */

/* The node of the type "name" or "domain.name" that a domain defines, borrowed, or NULL. */
static json_t *
find_user_type(AshExpansion *exp, const char *name)
{
	const char *dot = strchr(name, '.');
	AshDomainDocument *doc = exp->doc;
	json_t *types;
	AshStored stored;

	if (dot != NULL)
	{
		char *domain = pnstrdup(name, dot - name);

		name = dot + 1;
		doc = find_document(exp->def, domain);
		if (doc == NULL)
		{
			if (!ash_store_domain(domain, &stored))
				return NULL;
			types = json_object_get(parse_stored(stored.expanded), "types");
			return json_object_get(types, name);
		}
	}
	return json_object_get(json_object_get(doc->source, "types"), name);
}

/* Put the constraints given over those of the type; those of items are merged. Returns base. */
static json_t *
merge_constraints(json_t *base, json_t *given)
{
	const char *key;
	json_t *value;
	json_t *items;

	json_object_foreach (given, key, value)
	{
		items = json_object_get(base, key);
		if (strcmp(key, "items") == 0 && json_is_object(items) && json_is_object(value))
			merge_constraints(items, value);
		else
			ash_json_set(base, key, json_deep_copy(value));
	}
	return base;
}

/*
 * Put one user type in place of its name in node; false when its type is none. For "name[]"
 * the constraints of the type become those of the items.
 */
static bool
replace_type(AshExpansion *exp, json_t *node)
{
	const char *written = json_string_value(json_object_get(node, "type"));
	size_t len = written ? strcspn(written, "[") : 0;
	json_t *found = len > 0 ? find_user_type(exp, pnstrdup(written, len)) : NULL;
	const char *base;
	const char *suffix;
	json_t *constraints;
	char *type;

	if (found == NULL)
		return false;
	base = json_string_value(json_is_string(found) ? found : json_object_get(found, "type"));
	if (base == NULL)
		return false;
	constraints = json_deep_copy(json_object_get(found, "constraints"));
	if (constraints == NULL)
		constraints = ash_json_object();
	for (suffix = strchr(written, '['); suffix != NULL; suffix = strchr(suffix + 1, '['))
	{
		json_t *items = constraints;

		constraints = ash_json_object();
		if (json_object_size(items) > 0)
			ash_json_set(constraints, "items", json_incref(items));
		json_decref(items);
	}
	type = psprintf("%s%s", base, written + len);
	merge_constraints(constraints, json_object_get(node, "constraints"));
	ash_json_set(node, "type", json_string_nocheck(type));
	if (json_object_size(constraints) > 0)
		ash_json_set(node, "constraints", json_incref(constraints));
	json_decref(constraints);
	return true;
}

static void expand_constraints(AshExpansion *exp, json_t *constraints);

/* Members of unions and fields of maps, {name: type | {"type", "constraints"}}, in place. */
static void
expand_members(AshExpansion *exp, json_t *members)
{
	void *iter;

	if (!json_is_object(members))
		return;
	for (iter = json_object_iter(members); iter != NULL;
		 iter = json_object_iter_next(members, iter))
	{
		json_t *member = json_object_iter_value(iter);
		json_t *node;

		if (json_is_string(member))
		{
			node = ash_json_object();
			ash_json_set(node, "type", json_incref(member));
			json_object_iter_set_new(members, iter, node);
			member = node;
		}
		if (json_is_object(member))
			ash_expand_type(exp, member);
	}
}

/* User types inside the constraints of a type, in place; anything but an object is left. */
static void
expand_constraints(AshExpansion *exp, json_t *constraints)
{
	check_stack_depth();
	if (!json_is_object(constraints))
		return;
	expand_members(exp, json_object_get(constraints, "types"));
	expand_members(exp, json_object_get(constraints, "fields"));
	expand_constraints(exp, json_object_get(constraints, "items"));
}

/*
 * A type that does not exist may be meant as an embedded resource of the own domain, which
 * is named with it: adds the error then, as the compiler does not know the domain.
 */
static void
check_embedded_name(AshExpansion *exp, json_t *node)
{
	const char *written = json_string_value(json_object_get(node, "type"));
	size_t len = written ? strcspn(written, "[") : 0;
	List *embedded = NIL;
	AshError *error;
	const char *near;
	const char *name;
	json_t *resource;

	json_object_foreach (json_object_get(exp->doc->source, "resources"), name, resource)
	{
		if (json_is_true(json_object_get(resource, "embedded")))
			embedded = lappend(embedded, unconstify(char *, name));
	}
	if (len == 0 || embedded == NIL || strchr(written, '.') != NULL ||
		ash_type_compile(pnstrdup(written, len), NULL, ash_errors_create(CurrentMemoryContext)) !=
			NULL)
		return;
	near = ash_suggest_one(pnstrdup(written, len), embedded);
	if (near == NULL)
		return;
	error = ash_error_definition(exp->errors, NULL, "there is no type \"%s\"", ash_clip(written));
	/* the expander works in the context of the errors */
	error->did_you_mean = list_make1(psprintf("%s.%s", exp->doc->name, near));
	(void) ash_error_about(exp->errors, error, near);
}

/*
 * Replace user types in node, which has "type" and perhaps "constraints", in place. Adds an
 * error for a type that is based on itself.
 */
void
ash_expand_type(AshExpansion *exp, json_t *node)
{
	int depth = 0;

	while (replace_type(exp, node))
	{
		if (++depth <= MAX_TYPE_DEPTH)
			continue;
		ash_error_definition(exp->errors, NULL, "the type \"%s\" is based on itself",
							 json_string_value(json_object_get(node, "type")));
		break;
	}
	check_embedded_name(exp, node);
	expand_constraints(exp, json_object_get(node, "constraints"));
}

/*-------------------------------------------------------------------------
 * Other resources
 *-------------------------------------------------------------------------
 */

/*
 * The expanded node of a resource of these documents, else of the catalog, borrowed; NULL
 * when there is none. *source is what was written in these documents, or NULL.
 */
static json_t *
expanded_resource(AshDefinition *def, const char *name, json_t **source)
{
	const char *dot = strchr(name, '.');
	AshDomainDocument *doc;
	AshStored stored;
	json_t *node;

	*source = NULL;
	if (dot == NULL)
		return NULL;
	doc = find_document(def, pnstrdup(name, dot - name));
	if (doc != NULL)
	{
		node = json_object_get(json_object_get(doc->expanded, "resources"), dot + 1);
		*source = json_object_get(json_object_get(doc->source, "resources"), dot + 1);
		if (node != NULL)
			return node;
	}
	return ash_store_resource(name, &stored) ? parse_stored(stored.expanded) : NULL;
}

static json_t *attribute_of(AshDefinition *def, const char *resource, const char *attribute,
							int depth);

/*
 * The attribute that a belongs_to in source will define, new, when it has that name: its
 * type is what it says, else that of the attribute it points to. NULL when there is none.
 */
static json_t *
future_attribute(AshDefinition *def, const char *resource, json_t *source, const char *attribute,
				 int depth)
{
	const char *name;
	json_t *rel;

	json_object_foreach (json_object_get(source, "relationships"), name, rel)
	{
		const char *destination = json_string_value(json_object_get(rel, "belongs_to"));
		const char *key = json_string_value(json_object_get(rel, "source_attribute"));
		const char *type = json_string_value(json_object_get(rel, "attribute_type"));
		const char *target = json_string_value(json_object_get(rel, "destination_attribute"));
		json_t *found;

		if (destination == NULL || strcmp(key ? key : psprintf("%s_id", name), attribute) != 0)
			continue;
		if (type == NULL)
		{
			if (strchr(destination, '.') == NULL)
				destination =
					psprintf("%.*s.%s", (int) strcspn(resource, "."), resource, destination);
			return attribute_of(def, destination,
								target ? target : ash_expand_key_of(def, destination), depth + 1);
		}
		found = ash_json_own(CurrentMemoryContext, ash_json_object());
		ash_json_set(found, "type", json_string_nocheck(type));
		return found;
	}
	return NULL;
}

/*
 * As ash_expand_attribute_of; depth counts the foreign keys that were followed, which may
 * lead round.
 */
static json_t *
attribute_of(AshDefinition *def, const char *resource, const char *attribute, int depth)
{
	json_t *source;
	json_t *node = expanded_resource(def, resource, &source);
	json_t *found = json_object_get(json_object_get(node, "attributes"), attribute);

	if (found != NULL || source == NULL || depth > MAX_KEY_DEPTH)
		return found;
	return future_attribute(def, resource, source, attribute, depth);
}

/* The attribute's node with at least "type", borrowed; NULL when it cannot be known. */
json_t *
ash_expand_attribute_of(AshDefinition *def, const char *resource, const char *attribute)
{
	return attribute_of(def, resource, attribute, 0);
}

/* Where that attribute stands in what is being defined; NIL when its domain is not. */
List *
ash_expand_attribute_path(AshDefinition *def, const char *resource, const char *attribute)
{
	const char *dot = strchr(resource, '.');
	ListCell *lc;

	foreach (lc, def->domains)
	{
		const AshDomainDocument *doc = lfirst(lc);
		List *path;

		if (dot == NULL || attribute == NULL || strlen(doc->name) != dot - resource ||
			strncmp(doc->name, resource, dot - resource) != 0)
			continue;
		path = ash_path_append(ash_path_append(doc->path, "resources", -1), dot + 1, -1);
		return ash_path_append(ash_path_append(path, "attributes", -1), attribute, -1);
	}
	return NIL;
}

/*
 * What attributes that point to a resource are named after: its "short_name", or its key in
 * the document.
 */
const char *
ash_expand_short_name_of(AshDefinition *def, const char *resource)
{
	json_t *source;
	json_t *node = expanded_resource(def, resource, &source);
	const char *name = json_string_value(json_object_get(source ? source : node, "short_name"));
	const char *dot = strchr(resource, '.');

	return name ? pstrdup(name) : dot ? dot + 1 : resource;
}

/*
 * The attribute that relationships to a resource use: "id" when it has one, or its only
 * attribute of the primary key. "id" when neither is known.
 */
const char *
ash_expand_key_of(AshDefinition *def, const char *resource)
{
	json_t *source;
	json_t *attributes;
	const char *found = NULL;
	const char *name;
	json_t *attr;

	attributes = json_object_get(expanded_resource(def, resource, &source), "attributes");
	if (attributes == NULL || json_object_get(attributes, "id") != NULL)
		return "id";
	json_object_foreach (attributes, name, attr)
	{
		if (!json_is_true(json_object_get(attr, "primary_key")))
			continue;
		if (found != NULL)
			return "id";
		found = name;
	}
	return found ? pstrdup(found) : "id";
}
