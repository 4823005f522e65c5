/*-------------------------------------------------------------------------
 *
 * src/define/error_recovery.c
 *	  Error recovery: all faults of a document are found, although each stage of
 *	  the work needs what the stages before it found right.
 *
 * Faulty nodes are removed from the document and all stages run again, until a round
 * finds nothing new.  A fault of a later round may only be there because something
 * was removed: one around a removed node, or one that is about an entity with a
 * removed node (AshError.about), is a consequence.  Its node is removed as well, but
 * it is not reported.  Faults of the first round are always reported.
 *
 * Paths here are those of the document as it was given.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/define_internal.h"
#include "miscadmin.h"

/* root is the document as it was given; everything found lives in cxt. */
void
ash_pruning_init(AshPruning *pruning, json_t *root, MemoryContext cxt)
{
	pruning->given = pruning->root = root;
	pruning->found = ash_errors_create(cxt);
	pruning->removed = NIL;
	pruning->withdrawn = NIL;
	pruning->dropped = 0;
}

/* True if path begins with prefix, or is it. */
static bool
is_prefix(const List *prefix, const List *path)
{
	int i;

	if (list_length(prefix) > list_length(path))
		return false;
	for (i = 0; i < list_length(prefix); i++)
	{
		if (!equal(list_nth(prefix, i), list_nth(path, i)))
			return false;
	}
	return true;
}

/* For list_sort. */
static int
compare_integers(const ListCell *a, const ListCell *b)
{
	return lfirst_int(a) - lfirst_int(b);
}

/* The index that an item of the list at path had before others were removed from the list. */
static int
given_index(const AshPruning *pruning, const List *path, int index)
{
	List *gone = NIL;
	ListCell *lc;

	foreach (lc, pruning->removed)
	{
		List *removed = lfirst(lc);

		if (list_length(removed) == list_length(path) + 1 && IsA(llast(removed), Integer) &&
			is_prefix(path, removed))
			gone = list_append_unique_int(gone, intVal(llast(removed)));
	}
	list_sort(gone, compare_integers);
	foreach (lc, gone)
	{
		if (lfirst_int(lc) <= index)
			index++;
	}
	return index;
}

/* The path that a node of the reduced document has in the given one. */
static List *
given_path(const AshPruning *pruning, const List *path)
{
	List *given = NIL;
	ListCell *lc;

	if (pruning->removed == NIL)
		return list_copy(path);
	foreach (lc, path)
	{
		Node *step = lfirst(lc);

		if (IsA(step, Integer))
			step = (Node *) makeInteger(given_index(pruning, given, intVal(step)));
		given = lappend(given, step);
	}
	return given;
}

/*
 * True if the error is about the entity at that path; a resource may be named with its
 * domain.
 */
static bool
is_about(const AshError *fault, const List *entity)
{
	const char *name = strVal(llast(entity));
	bool resource = list_length(entity) <= 3;
	ListCell *lc;

	foreach (lc, fault->about)
	{
		const char *dot = resource ? strchr(lfirst(lc), '.') : NULL;

		if (strcmp(dot ? dot + 1 : lfirst(lc), name) == 0)
			return true;
	}
	return false;
}

/* The member or item at a step of a path, borrowed, or NULL. */
static json_t *
child_of(json_t *node, Node *step)
{
	if (IsA(step, Integer))
		return json_array_get(node, intVal(step));
	return json_object_get(node, strVal(step));
}

/*
 * The beginning of path that exists in the given document: an option may be missing, or be
 * part of a short form.
 */
static List *
written_part(const AshPruning *pruning, const List *path)
{
	json_t *node = pruning->given;
	int depth;

	for (depth = 0; depth < list_length(path); depth++)
	{
		node = child_of(node, list_nth(path, depth));
		if (node == NULL)
			break;
	}
	return list_truncate(list_copy(path), depth);
}

/*
 * The path of the node to remove for a fault at path: the nearest that is still there. A
 * fault inside of what was removed is one of the default that took its place.
 */
static List *
faulty_node(const AshPruning *pruning, const List *path)
{
	List *node = written_part(pruning, path);
	ListCell *lc;

	foreach (lc, pruning->removed)
	{
		List *removed = lfirst(lc);

		if (is_prefix(removed, node))
			node = list_truncate(node, list_length(removed) - 1);
	}
	return node;
}

/*
 * True if the fault is only there because of what was removed: it stands around a removed
 * node, or is about an entity that one belonged to.
 */
static bool
is_consequence(const AshPruning *pruning, const AshError *fault)
{
	List *path = written_part(pruning, fault->path);
	ListCell *lc;

	foreach (lc, pruning->removed)
	{
		if (is_prefix(path, lfirst(lc)))
			return true;
	}
	foreach (lc, pruning->withdrawn)
	{
		List *entity = lfirst(lc);

		if (!is_prefix(entity, fault->path) && is_about(fault, entity))
			return true;
	}
	return false;
}

/* The node at path, borrowed, or NULL. */
static json_t *
node_at(json_t *node, const List *path)
{
	ListCell *lc;

	foreach (lc, path)
		node = child_of(node, lfirst(lc));
	return node;
}

/* Note that the entity at that path cannot be relied on. */
static void
withdraw(AshPruning *pruning, List *entity)
{
	if (!list_member(pruning->withdrawn, entity))
		pruning->withdrawn = lappend(pruning->withdrawn, entity);
}

/* A belongs_to defines an attribute, which goes with it. */
static void
withdraw_defined(AshPruning *pruning, List *relationship)
{
	json_t *node = node_at(pruning->given, relationship);
	const char *kind = json_string_value(json_object_get(node, "kind"));
	const char *source = json_string_value(json_object_get(node, "source_attribute"));
	List *path = list_truncate(list_copy(relationship), list_length(relationship) - 2);

	if (json_object_get(node, "belongs_to") == NULL &&
		(kind == NULL || strcmp(kind, "belongs_to") != 0))
		return;
	if (source == NULL)
		source = psprintf("%s_id", strVal(llast(relationship)));
	withdraw(pruning, ash_path_append(ash_path_append(path, "attributes", -1), source, -1));
}

/*
 * Withdraw the entities that a removed node is or belongs to: resource, member of a
 * section, argument of an action.
 */
static void
withdraw_entities(AshPruning *pruning, List *path)
{
	int start = path != NIL && IsA(linitial(path), Integer) ? 1 : 0;
	int length = list_length(path) - start;
	int depth;

	for (depth = length == 2 ? 2 : 4; depth <= Min(length, 6); depth += 2)
	{
		List *entity = list_truncate(list_copy(path), start + depth);

		if (!IsA(llast(entity), String) ||
			(depth == 6 && strcmp(strVal(list_nth(path, start + 4)), "arguments") != 0))
			return;
		withdraw(pruning, entity);
		if (depth == 4 && strcmp(strVal(list_nth(path, start + 2)), "relationships") == 0)
			withdraw_defined(pruning, entity);
	}
}

/* True if the node may have been part of a primary key, by a helper or by what it says. */
static bool
may_be_key(json_t *node)
{
	const char *helper =
		json_string_value(json_is_object(node) ? json_object_get(node, "helper") : node);

	return json_object_get(node, "primary_key") != NULL ||
		   (helper != NULL && strstr(helper, "primary_key") != NULL);
}

/* A resource that may have lost its primary key is not required to have one. */
static void
excuse_key(AshPruning *pruning, json_t *root, const List *path)
{
	int start = path != NIL && IsA(linitial(path), Integer) ? 1 : 0;
	List *entity = list_truncate(list_copy(path), start + 4);
	json_t *resource = node_at(root, list_truncate(list_copy(path), start + 2));

	if (list_length(path) >= start + 4 && json_is_object(resource) &&
		may_be_key(node_at(pruning->given, entity)))
		ash_json_set(resource, "require_primary_key", json_false());
}

/* Put hole in the place of the node at path, unless one around it is gone already. */
static void
put_hole(json_t *root, json_t *hole, const List *path)
{
	json_t *parent = root;
	Node *last = llast(path);
	int depth;

	for (depth = 0; depth < list_length(path) - 1; depth++)
	{
		parent = child_of(parent, list_nth(path, depth));
		if (parent == NULL)
			return;
	}
	if (IsA(last, Integer))
		json_array_set(parent, intVal(last), hole);
	else if (parent != hole)
		ash_json_set(parent, strVal(last), json_incref(hole));
}

/* Remove all members and items that are hole. */
static void
remove_holes(json_t *node, json_t *hole)
{
	const char *key;
	json_t *value;
	void *next;
	size_t i;

	check_stack_depth();
	json_object_foreach_safe (node, next, key, value)
	{
		if (value == hole)
			json_object_del(node, key);
		else
			remove_holes(value, hole);
	}
	if (!json_is_array(node))
		return;
	for (i = json_array_size(node); i-- > 0;)
	{
		if (json_array_get(node, i) == hole)
			json_array_remove(node, i);
		else
			remove_holes(json_array_get(node, i), hole);
	}
}

/*
 * Make pruning->root from the given document without what was removed; false when nothing
 * is left. Holes are removed last, so that indexes stay those of the given document until
 * then.
 */
static bool
rebuild(AshPruning *pruning)
{
	json_t *root = ash_json_own(pruning->found->cxt, json_deep_copy(pruning->given));
	json_t *hole = ash_json_own(pruning->found->cxt, json_array());
	ListCell *lc;

	foreach (lc, pruning->removed)
	{
		CHECK_FOR_INTERRUPTS();
		if (lfirst(lc) == NIL)
			return false;
		put_hole(root, hole, lfirst(lc));
		excuse_key(pruning, root, lfirst(lc));
		withdraw_entities(pruning, lfirst(lc));
	}
	remove_holes(root, hole);
	pruning->root = root;
	return !json_is_array(root) || json_array_size(root) > 0;
}

/*
 * The path of the list's item that holds the node: what is left of an entry that refers to
 * something missing would mean something else. The node itself when no list holds it.
 */
static List *
item_around(List *node)
{
	int depth = list_length(node);

	while (depth > 1 && !IsA(list_nth(node, depth - 1), Integer))
		depth--;
	return depth > 1 ? list_truncate(node, depth) : node;
}

/*
 * Take over the faults of a round, whose paths are those of pruning->root, and remove the
 * nodes they are about. Consequences are not reported, but their entries are removed, too.
 * Returns true when there is a document left for another round; errors is empty then.
 */
bool
ash_pruning_take(AshPruning *pruning, AshErrors *errors)
{
	List *removed = NIL;
	ListCell *lc;

	foreach (lc, errors->items)
	{
		AshError *fault = lfirst(lc);
		List *node;

		CHECK_FOR_INTERRUPTS();
		fault->path = given_path(pruning, fault->path);
		node = faulty_node(pruning, fault->path);
		if (is_consequence(pruning, fault))
		{
			removed = lappend(removed, item_around(node));
			continue;
		}
		removed = lappend(removed, node);
		if (list_length(pruning->found->items) < ASH_MAX_FAULTS)
			ash_error_append(pruning->found, fault);
		else
			pruning->dropped++;
	}
	errors->items = NIL;
	pruning->removed = list_concat(pruning->removed, removed);
	return pruning->dropped == 0 && rebuild(pruning);
}
