/*-------------------------------------------------------------------------
 *
 * src/define/expand.c
 *	  A checked document → the same document in long form.
 *
 * The long form is what the compiler, the schema planner and the catalog views
 * read.  It is itself a document that ash_define accepts, in which nothing is
 * left to be guessed:
 *
 *	domain		"domain", "schema"; "policies" flat (see below); no "resources"
 *	resource	"schema" and "table" unless embedded; lists are lists, names are keys
 *	attributes	{"type", …}; user types replaced by what they stand for; "helper"
 *				stays as a note.  The attribute of a belongs_to stands after the
 *				declared ones and says "belongs_to": relationship
 *	relationships	{"kind", "destination", "source_attribute",
 *				"destination_attribute", …}; many_to_many also "through",
 *				"source_attribute_on_join_resource", "destination_attribute_on_join_resource",
 *				"join_relationship" (defined at the end, as a has_many)
 *	aggregates	{"kind", "path": [relationship, …], …}
 *	calculations	"arguments" as {"type", …}
 *	identities	{"keys": [...], …}
 *	actions		no "defaults"; each {"type", "transaction", "arguments", …}.  create,
 *				update, destroy: "accept" is a list of attribute names.  "run" is
 *				{"function", "options"}.  "changes", "validations", "steps", "prepare" and
 *				"preparations" are as they were written: they run in the order of their keys
 *	changes, validations, preparations of a resource	as they were written
 *	policies	{"policy"|"bypass": [condition, …], "checks": [{"authorize_if": check}, …], …};
 *				groups are dissolved, their conditions stand first in each policy
 *	field_policies	{"fields"|"bypass_fields": [name | "*", …], "condition": [check, …], "checks"}
 *
 * The order of everything is that of the source.  Each node that moved is
 * entered in the path map, so that faults are reported where they were written.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/define_internal.h"

/*-------------------------------------------------------------------------
 * Helpers
 *-------------------------------------------------------------------------
 */

/*
 * A new list: a deep copy of node when it is one, else of node as its only item; empty for
 * NULL.
 */
json_t *
ash_json_listed(json_t *node)
{
	json_t *list;

	if (json_is_array(node))
		return json_deep_copy(node);
	list = json_array();
	if (node != NULL)
		json_array_append_new(list, json_deep_copy(node));
	return list;
}

/* Deep copies of all members of source whose key is not in except (NULL-terminated). */
static void
copy_others(json_t *out, json_t *source, const char *const *except)
{
	const char *key;
	json_t *value;

	json_object_foreach (source, key, value)
	{
		if (ash_name_index(except, key) < 0)
			ash_json_set(out, key, json_deep_copy(value));
	}
}

/*-------------------------------------------------------------------------
 * Resources
 *-------------------------------------------------------------------------
 */

static const char *const resource_parts[] = {
	"schema",		  "table",			"attributes",	  "relationships",	   "identities",
	"calculations",	  "aggregates",		"actions",		  "policies",		   "field_policies",
	"code_interface", "custom_indexes", "default_accept", "custom_statements", NULL,
};

/* The string under key, or missing. */
static const char *
text_or(json_t *node, const char *key, const char *missing)
{
	const char *text = json_string_value(json_object_get(node, key));

	return text ? text : missing;
}

/*
 * The first pass: exp->out with the options that stay as they are, put into the expanded
 * document. The sections in resource_parts are made by the passes that follow.
 */
static void
begin_resource(AshExpansion *exp)
{
	exp->out = ash_json_object();
	exp->embedded = json_is_true(json_object_get(exp->source, "embedded"));
	if (!exp->embedded)
	{
		ash_json_set(exp->out, "schema",
					 json_string_nocheck(text_or(exp->source, "schema", exp->doc->schema)));
		ash_json_set(exp->out, "table",
					 json_string_nocheck(text_or(exp->source, "table", exp->short_name)));
	}
	copy_others(exp->out, exp->source, resource_parts);
	ash_json_set(json_object_get(exp->doc->expanded, "resources"), exp->short_name, exp->out);
}

/*
 * Policies and field policies. The compiler puts the domain's policies in front of the
 * resource's, so paths in the compiled list are mapped to where each was written.
 */
static void
expand_policies(AshExpansion *exp)
{
	json_t *own = json_object_get(exp->source, "policies");
	json_t *shared = json_object_get(exp->doc->source, "policies");
	json_t *flat = json_object_get(exp->doc->expanded, "policies");
	List *here = exp->errors->path;

	if (json_object_get(exp->source, "field_policies") != NULL)
		ash_json_set(exp->out, "field_policies",
					 ash_expand_field_policies(json_object_get(exp->source, "field_policies")));
	/* compiled policies are the domain's, then the resource's */
	if (shared != NULL && !exp->embedded)
		ash_expand_policy_paths(exp->def, here, exp->doc->path, 0, shared);
	if (own == NULL)
		return;
	ash_json_set(exp->out, "policies", ash_expand_policies(exp->def, here, own));
	ash_expand_policy_paths(exp->def, here, here, exp->embedded ? 0 : (int) json_array_size(flat),
							own);
}

/*
 * Each entry as an object with "args" as a list; its name is the action when it gives
 * neither an action nor a calculation.
 */
static void
expand_code_interface(AshExpansion *exp)
{
	json_t *section = json_object_get(exp->source, "code_interface");
	json_t *out = ash_json_object();
	const char *name;
	json_t *node;
	const char *input;
	json_t *type;

	if (section == NULL)
		return;
	json_object_foreach (section, name, node)
	{
		json_t *copy = json_is_string(node) ? ash_json_object() : json_deep_copy(node);

		if (json_is_string(node))
			ash_json_set(copy, "action", json_deep_copy(node));
		else if (json_object_get(copy, "action") == NULL &&
				 json_object_get(copy, "calculation") == NULL)
			ash_json_set(copy, "action", json_string_nocheck(name));
		ash_json_set(copy, "args", ash_json_listed(json_object_get(node, "args")));
		json_object_foreach (json_object_get(copy, "custom_inputs"), input, type)
			ash_expand_type(exp, type);
		ash_json_set(out, name, copy);
	}
	ash_json_set(exp->out, "code_interface", out);
}

/* Always a list, each item with "fields" as a list. */
static void
expand_custom_indexes(AshExpansion *exp)
{
	json_t *list = json_object_get(exp->source, "custom_indexes");
	json_t *out;
	size_t i;
	json_t *item;

	if (list == NULL)
		return;
	if (!json_is_array(list))
		ash_path_map_add(&exp->def->map, exp->errors, ash_path_append(NIL, "custom_indexes", 0),
						 ash_path_append(NIL, "custom_indexes", -1));
	list = ash_json_listed(list);
	out = json_array();
	json_array_foreach (list, i, item)
	{
		json_t *copy = json_is_object(item) ? json_deep_copy(item) : ash_json_object();
		json_t *fields = json_is_object(item) ? json_object_get(item, "fields") : item;

		ash_json_set(copy, "fields", ash_json_listed(fields));
		json_array_append_new(out, copy);
	}
	json_decref(list);
	ash_json_set(exp->out, "custom_indexes", out);
}

/* Resources in "after_tables" are named with their domain. */
static void
expand_custom_statements(AshExpansion *exp)
{
	json_t *section = json_object_get(exp->source, "custom_statements");
	const char *name;
	json_t *node;
	ListCell *lc;

	if (section == NULL)
		return;
	section = json_deep_copy(section);
	json_object_foreach (section, name, node)
	{
		json_t *after = json_array();

		foreach (lc, ash_json_names(json_object_get(node, "after_tables")))
			json_array_append_new(after,
								  json_string_nocheck(ash_expand_resource_name(exp, lfirst(lc))));
		ash_json_set(node, "after_tables", after);
	}
	ash_json_set(exp->out, "custom_statements", section);
}

/* The last pass: what may need the attributes and relationships of other resources. */
static void
expand_rest(AshExpansion *exp)
{
	ash_expand_fields(exp);
	ash_expand_actions(exp);
	expand_policies(exp);
	expand_code_interface(exp);
	expand_custom_indexes(exp);
	expand_custom_statements(exp);
}

/*-------------------------------------------------------------------------
 * Domains
 *-------------------------------------------------------------------------
 */

typedef void (*ExpandFn)(AshExpansion *exp);

/* Call expand for each resource of a document, with errors->path at the resource. */
static void
for_each_resource(AshDefinition *def, AshDomainDocument *doc, ExpandFn expand)
{
	json_t *resources = json_object_get(doc->source, "resources");
	List *outer = def->errors->path;
	const char *name;
	json_t *node;

	json_object_foreach (resources, name, node)
	{
		AshExpansion exp = { def, def->errors, doc, name, node };

		exp.embedded = json_is_true(json_object_get(node, "embedded"));
		exp.out = json_object_get(json_object_get(doc->expanded, "resources"), name);
		def->errors->path = list_concat_copy(doc->path, list_make2(makeString("resources"),
																   makeString(pstrdup(name))));
		expand(&exp);
	}
	def->errors->path = outer;
}

static const char *const domain_parts[] = { "domain",	 "schema",	"policies", "authorization",
											"resources", "$schema", NULL };

/* The resource of the actor is named with its domain. */
static void
expand_authorization(AshDefinition *def, AshDomainDocument *doc)
{
	json_t *node = json_object_get(doc->source, "authorization");
	const char *actor = json_string_value(json_object_get(node, "actor"));
	AshExpansion exp = { def, def->errors, doc };

	if (node == NULL)
		return;
	node = json_deep_copy(node);
	if (actor != NULL)
		ash_json_set(node, "actor", json_string_nocheck(ash_expand_resource_name(&exp, actor)));
	ash_json_set(doc->expanded, "authorization", node);
}

/*
 * The document without its resources; doc->expanded is owned by CurrentMemoryContext, in
 * which the expander works.
 */
static void
expand_domain(AshDefinition *def, AshDomainDocument *doc)
{
	json_t *policies = json_object_get(doc->source, "policies");

	doc->expanded = ash_json_own(CurrentMemoryContext, ash_json_object());
	ash_json_set(doc->expanded, "domain", json_string_nocheck(doc->name));
	ash_json_set(doc->expanded, "schema", json_string_nocheck(doc->schema));
	copy_others(doc->expanded, doc->source, domain_parts);
	expand_authorization(def, doc);
	if (policies != NULL)
	{
		ash_json_set(doc->expanded, "policies", ash_expand_policies(def, doc->path, policies));
		ash_expand_policy_paths(def, doc->path, doc->path, 0, policies);
	}
	ash_json_set(doc->expanded, "resources", ash_json_object());
}

/*
 * Fill doc->expanded of all documents, which passed ash_define_check. Attributes of all
 * resources are expanded before the first relationship: a foreign key takes its type from
 * the attribute it points to.
 */
void
ash_define_expand(AshDefinition *def)
{
	static const ExpandFn passes[] = { begin_resource, ash_expand_attributes,
									   ash_expand_relationships, expand_rest };
	ListCell *lc;
	int i;

	foreach (lc, def->domains)
		expand_domain(def, lfirst(lc));
	for (i = 0; i < lengthof(passes); i++)
	{
		foreach (lc, def->domains)
			for_each_resource(def, lfirst(lc), passes[i]);
	}
}
