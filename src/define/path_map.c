/*-------------------------------------------------------------------------
 *
 * src/define/path_map.c
 *	  From the place of a fault in an expanded document to its place in the
 *	  text that was given.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "define/define_internal.h"
#include "miscadmin.h"

/* The number of steps of prefix when path begins with it, or -1. */
static int
match_prefix(List *prefix, List *path)
{
	int i;

	if (list_length(prefix) > list_length(path))
		return -1;
	for (i = 0; i < list_length(prefix); i++)
	{
		if (!equal(list_nth(prefix, i), list_nth(path, i)))
			return -1;
	}
	return list_length(prefix);
}

/*
 * Where the node at path came from: the entry with the longest prefix decides, and the rest
 * of the path follows. path itself when there is no entry.
 */
static List *
source_path(const AshPathMap *map, List *path)
{
	List *found = NIL;
	int longest = -1;
	ListCell *from;
	ListCell *to;

	forboth (from, map->from, to, map->to)
	{
		int length = match_prefix(lfirst(from), path);

		if (length <= longest)
			continue;
		longest = length;
		found = lfirst(to);
	}
	if (longest < 0)
		return path;
	return list_concat_copy(found, list_copy_tail(path, longest));
}

/* from and to are whole paths; the lists become part of the map. */
void
ash_path_map_add_absolute(AshPathMap *map, List *from, List *to)
{
	map->from = lappend(map->from, from);
	map->to = lappend(map->to, to);
}

/* from and to are tails of the current path; what stands around them may have moved as well. */
void
ash_path_map_add(AshPathMap *map, AshErrors *errors, List *from, List *to)
{
	List *source = source_path(map, errors->path);

	ash_path_map_add_absolute(map, list_concat_copy(errors->path, from),
							  list_concat_copy(source, to));
}

/*
 * What stands at copy was taken from of (NIL: from nowhere in this text): faults of the one
 * are faults of the other.
 */
void
ash_path_map_add_copy(AshPathMap *map, List *copy, List *of)
{
	if (of == NIL)
		return;
	map->copies = lappend(map->copies, copy);
	map->copied = lappend(map->copied, of);
}

/* A copy of path with one more name and, unless it is negative, one more index. */
List *
ash_path_append(List *path, const char *name, int index)
{
	path = lappend(list_copy(path), makeString(pstrdup(name)));
	return index < 0 ? path : lappend(path, makeInteger(index));
}

/* Give an error the position of its node, or of the nearest one around it that was written. */
static void
add_position(AshErrors *errors, AshError *error, const char *text, size_t len)
{
	List *path = list_copy(error->path);
	int line;
	int column;

	while (!ash_json_locate(text, len, path, &line, &column))
		path = list_truncate(path, list_length(path) - 1);
	ash_error_place(errors, error, ash_json_pointer(error->path), line, column);
}

/* True if errors has one with the same place and message. */
static bool
is_repeated(List *errors, const AshError *error)
{
	ListCell *lc;

	foreach (lc, errors)
	{
		AshError *other = lfirst(lc);

		if (equal(other->path, error->path) && other->position == error->position &&
			strcmp(other->message, error->message) == 0)
			return true;
	}
	return false;
}

/* True if the error stands in a copy and errors has the same one about the original. */
static bool
repeats_original(const AshPathMap *map, List *errors, const AshError *error)
{
	ListCell *copy;
	ListCell *of;

	forboth (copy, map->copies, of, map->copied)
	{
		int length = match_prefix(lfirst(copy), error->path);
		AshError original = { 0 };

		if (length < 0)
			continue;
		original.path = list_concat_copy(lfirst(of), list_copy_tail(error->path, length));
		original.message = error->message;
		original.position = error->position;
		if (is_repeated(errors, &original))
			return true;
	}
	return false;
}

/* Remove errors of copies that are said of the originals, before paths are mapped. */
static void
drop_copies(const AshPathMap *map, AshErrors *errors)
{
	List *kept = NIL;
	ListCell *lc;

	if (map->copies == NIL)
		return;
	foreach (lc, errors->items)
	{
		CHECK_FOR_INTERRUPTS();
		if (list_length(kept) >= ASH_MAX_FAULTS ||
			!repeats_original(map, errors->items, lfirst(lc)))
			kept = lappend(kept, lfirst(lc));
	}
	errors->items = kept;
}

/*
 * Map the paths of all errors to what was written, and remove repetitions. Comparing is
 * quadratic, so beyond ASH_MAX_FAULTS, which are not reported, all are kept.
 */
void
ash_define_map_errors(AshErrors *errors, const AshPathMap *map)
{
	List *kept = NIL;
	ListCell *lc;

	drop_copies(map, errors);
	foreach (lc, errors->items)
	{
		AshError *error = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		error->path = source_path(map, error->path);
		if (list_length(kept) >= ASH_MAX_FAULTS || !is_repeated(kept, error))
			kept = lappend(kept, error);
	}
	errors->items = kept;
}

/* The order of the text; for one place that of the characters, then of the messages. */
static int
compare_positions(const ListCell *a, const ListCell *b)
{
	const AshError *left = lfirst(a);
	const AshError *right = lfirst(b);
	int difference = left->line - right->line;

	if (difference == 0)
		difference = left->column - right->column;
	if (difference == 0)
		difference = left->position - right->position;
	return difference ? difference : strcmp(left->message, right->message);
}

/*
 * Give each error its pointer, line and column in the text, and sort them by these. Errors
 * of the parser have a line already.
 */
void
ash_define_place_errors(AshErrors *errors, const char *text, size_t len)
{
	ListCell *lc;

	foreach (lc, errors->items)
	{
		AshError *error = lfirst(lc);

		CHECK_FOR_INTERRUPTS();
		if (error->line == 0)
			add_position(errors, error, text, len);
	}
	list_sort(errors->items, compare_positions);
}
