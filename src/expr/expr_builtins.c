/*-------------------------------------------------------------------------
 *
 * src/expr/expr_builtins.c
 *	  The operators and functions of the language: two tables.
 *
 * What stands here has the framework's meaning (or one that PostgreSQL's own
 * would get wrong); everything else is looked up in pg_catalog.  Templates are
 * trusted text; each is written whole in parentheses where that matters.
 * exists(), count() and the like are no functions: they are part of the grammar
 * (expr_names.c).
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#define FUNCTION(fn, text, min, max, sig, how)                                       \
	{                                                                                \
		.name = fn, .doc = text, .min_args = min, .max_args = max, .signature = sig, \
		.sql_template = how                                                          \
	}
#define PREDICATE(fn, text, sig, how)                                             \
	{                                                                             \
		.name = fn, .doc = text, .min_args = 2, .max_args = 2, .predicate = true, \
		.signature = sig, .sql_template = how                                     \
	}

/* Those that are one SQL expression. */
static const AshExprFunc plain_funcs[] = {
	PREDICATE("contains", "The second string occurs in the first.", "ff>b",
			  "(pg_catalog.strpos($1, $2) OPERATOR(pg_catalog.>) 0)"),
	PREDICATE("string_starts_with", "The first string begins with the second.", "ff>b",
			  "pg_catalog.starts_with($1, $2)"),
	PREDICATE("string_ends_with", "The first string ends with the second.", "ff>b",
			  "ash.string_ends_with($1, $2)"),
	FUNCTION("string_position",
			 "Where the second string begins in the first, from 0; null if nowhere.", 2, 2, "ff>i",
			 "ash.string_position($1, $2)"),
	FUNCTION("string_length", "Number of characters as people count them (graphemes).", 1, 1, "s>i",
			 "ash.string_length($1)"),
	FUNCTION("string_downcase", "Lower case.", 1, 1, "s>s", "pg_catalog.lower($1)"),
	FUNCTION("string_upcase", "Upper case.", 1, 1, "s>s", "pg_catalog.upper($1)"),
	FUNCTION("string_trim", "Without white space at both ends.", 1, 1, "s>s",
			 "pg_catalog.regexp_replace($1, E'^\\\\s+|\\\\s+$', '', 'g')"),
	FUNCTION(
		"string_split",
		"The parts between delimiters (default one space); true as third argument drops empty ones.",
		1, 3, "ffb>P", "ash.string_split($*)"),
	FUNCTION("string_join", "The elements with a separator between them; nulls are skipped.", 1, 2,
			 "ls>S", "ash.string_join($*)"),
	FUNCTION("length", "Number of elements.", 1, 1, "l>i",
			 "(pg_catalog.cardinality($1))::pg_catalog.int8"),
	FUNCTION("at", "The element at an index from 0; negative counts from the end.", 2, 2, "li>e",
			 "ash.list_at($1, $2)"),
	FUNCTION("count_nils", "Number of elements that are null.", 1, 1, "l>i",
			 "(pg_catalog.num_nulls(VARIADIC $1))::pg_catalog.int8"),
	PREDICATE("has", "The list has the element.", "le>b",
			  "($1 OPERATOR(pg_catalog.@>) ash.list_of($2))"),
	PREDICATE("intersects", "The lists have an element in common.", "lL>b",
			  "($1 OPERATOR(pg_catalog.&&) $2)"),
	FUNCTION("now", "Time of the transaction.", 0, 0, "a>T", "pg_catalog.now()"),
	FUNCTION("today", "Date of the transaction in UTC.", 0, 0, "a>d",
			 "(pg_catalog.timezone('UTC', pg_catalog.now()))::pg_catalog.date"),
	FUNCTION("datetime_add", "Datetime plus a number of units; months end with the month.", 3, 3,
			 "tiU>1", "ash.datetime_add($1, $2, $3)"),
	FUNCTION("date_add", "Date plus a number of units; months end with the month.", 3, 3, "diU>d",
			 "ash.date_add($1, $2, $3)"),
	FUNCTION("start_of_day", "Midnight of a date, in a time zone (default UTC).", 1, 2, "ds>t",
			 "ash.start_of_day($*)"),
	FUNCTION("rem", "Remainder, with the sign of the dividend.", 2, 2, "ii>i",
			 "pg_catalog.mod($1, $2)"),
	FUNCTION("gen_random_uuid", "A random uuid.", 0, 0, "a>u", "pg_catalog.gen_random_uuid()"),
	{ .name = NULL },
};

static const AshExprFunc *const tables[] = { ash_operator_funcs, plain_funcs, ash_special_funcs,
											 ash_composite_funcs, ash_raise_funcs };

List *
ash_expr_funcs(bool operators)
{
	List *funcs = NIL;

	for (int i = 0; i < lengthof(tables); i++)
	{
		for (const AshExprFunc *func = tables[i]; func->name != NULL; func++)
		{
			if (func->is_operator == operators)
				funcs = lappend(funcs, unconstify(AshExprFunc *, func));
		}
	}
	return funcs;
}

const AshExprFunc *
ash_expr_func_lookup(const char *name, bool is_operator)
{
	for (int i = 0; i < lengthof(tables); i++)
	{
		for (const AshExprFunc *func = tables[i]; func->name != NULL; func++)
		{
			if (func->is_operator == is_operator && strcmp(func->name, name) == 0)
				return func;
		}
	}
	return NULL;
}
