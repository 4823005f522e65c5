/*-------------------------------------------------------------------------
 *
 * src/model/model_overlay.c
 *	  Resources that are being defined and not stored yet.
 *
 * While ash_define works on a document, its resources hide what the catalog has
 * under their names.  They refer to each other, so each is compiled when it is
 * first looked up; whoever looks up one that is being compiled or is faulty gets
 * NULL, as for a resource that does not exist.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/model_internal.h"

static List *overlay = NIL; /* of AshOverlayEntry * */

/* Replaces the overlay; model_cache.c forgets what was compiled against the former one. */
void
ash_overlay_replace(List *entries)
{
	overlay = entries;
}

/* As the owner of the domain, since compiling casts literals of the definition. */
static void
compile_entry(AshOverlayEntry *entry)
{
	MemoryContext old = MemoryContextSwitchTo(entry->cxt);
	AshOwnerScope scope = ash_owner_enter(entry->owner, ash_owner_path(NULL, NULL));

	entry->res = ash_resource_compile(entry->cxt, entry->domain, entry->expanded, entry->name,
									  entry->errors);
	ash_owner_leave(&scope);
	if (entry->res != NULL)
		entry->res->owner = entry->owner;
	MemoryContextSwitchTo(old);
}

/*
 * True when the overlay has a resource of that name.  With out not NULL it is compiled
 * unless it was before, and *out is the resource, or NULL when it is faulty (the errors are
 * in the entry) or being compiled.
 */
bool
ash_overlay_find(const char *name, AshResource **out)
{
	ListCell *lc;

	foreach (lc, overlay)
	{
		AshOverlayEntry *entry = lfirst(lc);

		if (strcmp(entry->name, name) != 0)
			continue;
		if (out == NULL)
			return true;
		if (!entry->started)
		{
			entry->started = true;
			compile_entry(entry);
		}
		*out = entry->res;
		return true;
	}
	return false;
}

List *
ash_overlay_names(void)
{
	List *names = NIL;
	ListCell *lc;

	foreach (lc, overlay)
		names = lappend(names, unconstify(char *, ((AshOverlayEntry *) lfirst(lc))->name));
	return names;
}
