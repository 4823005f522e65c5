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

#define OPERATOR(op, text, how)                                                     \
	{                                                                               \
		.name = op, .doc = text, .min_args = 2, .max_args = 2, .is_operator = true, \
		.predicate = true, .resolve = how, .sql = ash_sql_pg_operator               \
	}

static const AshExprFunc operators[] = {
	OPERATOR("=", "Equal; null when either side is.", ash_resolve_comparison),
	OPERATOR("<>", "Not equal; null when either side is.", ash_resolve_comparison),
	OPERATOR("<", "Less.", ash_resolve_comparison),
	OPERATOR("<=", "Less or equal.", ash_resolve_comparison),
	OPERATOR(">", "Greater.", ash_resolve_comparison),
	OPERATOR(">=", "Greater or equal.", ash_resolve_comparison),
	OPERATOR("+", "Sum of numbers; a date or datetime plus a duration.", ash_resolve_arithmetic),
	OPERATOR("-", "Difference of numbers, dates, datetimes and durations.", ash_resolve_arithmetic),
	OPERATOR("*", "Product.", ash_resolve_arithmetic),
	OPERATOR("/", "Quotient; of two integers a float. Division by zero is an error.",
			 ash_resolve_division),
	OPERATOR("||",
			 "Strings, lists or maps put together; other values become strings beside a string. "
			 "Between booleans, numbers or times the first that is neither false nor null, else "
			 "the last.",
			 ash_resolve_concat),
	OPERATOR("&&",
			 "Lists and ranges overlap. Between other values the first that is false or null, else "
			 "the last.",
			 ash_resolve_overlap),
	OPERATOR("~~", "Pattern match (LIKE); without case for ci_string.", ash_resolve_like),
	OPERATOR("!~~", "NOT LIKE.", ash_resolve_like),
	OPERATOR("~~*", "Pattern match without case (ILIKE).", ash_resolve_like),
	OPERATOR("!~~*", "NOT ILIKE.", ash_resolve_like),
	{ .name = "in",
	  .doc = "The value is an element of the list.",
	  .min_args = 2,
	  .max_args = 2,
	  .is_operator = true,
	  .predicate = true,
	  .resolve = ash_resolve_in,
	  .sql = ash_sql_in },
};

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
#define SPECIAL(fn, text, min, max, how)                                          \
	{                                                                             \
		.name = fn, .doc = text, .min_args = min, .max_args = max, .resolve = how \
	}

static const AshExprFunc functions[] = {
	/* strings */
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
	SPECIAL("like", "Pattern match, as the operator LIKE.", 2, 2, ash_resolve_like),
	SPECIAL("ilike", "Pattern match without case, as the operator ILIKE.", 2, 2, ash_resolve_like),
	SPECIAL("trigram_similarity", "Similarity from 0 to 1; needs the extension pg_trgm.", 2, 2,
			ash_resolve_trigram),

	/* lists */
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

	/* dates and times */
	FUNCTION("now", "Time of the transaction.", 0, 0, "a>T", "pg_catalog.now()"),
	FUNCTION("today", "Date of the transaction in UTC.", 0, 0, "a>d",
			 "(pg_catalog.timezone('UTC', pg_catalog.now()))::pg_catalog.date"),
	SPECIAL("ago", "The time so long before now: ago(2, 'week') or ago(duration).", 1, 2,
			ash_resolve_relative),
	SPECIAL("from_now", "The time so long after now.", 1, 2, ash_resolve_relative),
	FUNCTION("datetime_add", "Datetime plus a number of units; months end with the month.", 3, 3,
			 "tiU>1", "ash.datetime_add($1, $2, $3)"),
	FUNCTION("date_add", "Date plus a number of units; months end with the month.", 3, 3, "diU>d",
			 "ash.date_add($1, $2, $3)"),
	FUNCTION("start_of_day", "Midnight of a date, in a time zone (default UTC).", 1, 2, "ds>t",
			 "ash.start_of_day($*)"),

	/* numbers */
	SPECIAL("round", "Rounded to places (default 0), halves away from zero.", 1, 2,
			ash_resolve_round),
	FUNCTION("rem", "Remainder, with the sign of the dividend.", 2, 2, "ii>i",
			 "pg_catalog.mod($1, $2)"),
	SPECIAL("minus", "The number with the other sign.", 1, 1, ash_resolve_minus),

	/* values */
	SPECIAL("if", "The second argument when the first is true, else the third.", 2, 3,
			ash_resolve_if),
	SPECIAL("cond",
			"cond(c1, v1, c2, v2, …, else): the value after the first condition that is true, else "
			"the last argument, or null without one.",
			2, -1, ash_resolve_cond),
	SPECIAL("is_nil", "The value is null.", 1, 1, ash_resolve_is_nil),
	{ .name = "is_distinct_from",
	  .doc = "Not equal, where null equals null.",
	  .min_args = 2,
	  .max_args = 2,
	  .predicate = true,
	  .resolve = ash_resolve_distinct,
	  .sql = ash_sql_distinct },
	{ .name = "is_not_distinct_from",
	  .doc = "Equal, where null equals null.",
	  .min_args = 2,
	  .max_args = 2,
	  .predicate = true,
	  .resolve = ash_resolve_distinct,
	  .sql = ash_sql_distinct },
	{ .name = "coalesce",
	  .doc = "The first value that is not null.",
	  .min_args = 1,
	  .max_args = -1,
	  .resolve = ash_resolve_coalesce,
	  .sql_template = "COALESCE($*)" },
	{ .name = "greatest",
	  .doc = "The greatest value that is not null.",
	  .min_args = 1,
	  .max_args = -1,
	  .resolve = ash_resolve_minmax,
	  .sql_template = "GREATEST($*)" },
	{ .name = "least",
	  .doc = "The least value that is not null.",
	  .min_args = 1,
	  .max_args = -1,
	  .resolve = ash_resolve_minmax,
	  .sql_template = "LEAST($*)" },
	SPECIAL("nullif", "Null when both are equal, else the first.", 2, 2, ash_resolve_nullif),
	{ .name = "get_path",
	  .doc = "What stands at a path of keys in a map; null when there is nothing.",
	  .min_args = 2,
	  .max_args = 2,
	  .resolve = ash_resolve_get_path,
	  .sql = ash_sql_get_path },
	SPECIAL("type",
			"The value cast to a type given by name, and its constraints as a JSON object in a "
			"string; these choose the type and do not check the value.",
			2, 3, ash_resolve_type),
	{ .name = "required",
	  .doc = "The value; the error \"required\" of the field when it is null.",
	  .min_args = 1,
	  .max_args = 2,
	  .resolve = ash_resolve_required,
	  .sql_template = "ash.required($*)" },
	{ .name = "error",
	  .doc = "error(message), or error(code, map) with message, field, path and vars: raised when "
			 "it is evaluated.",
	  .min_args = 1,
	  .max_args = 2,
	  .resolve = ash_resolve_error,
	  .sql = ash_sql_error },
	{ .name = "map",
	  .doc = "map(key => value, …): a map.",
	  .min_args = 0,
	  .max_args = -1,
	  .resolve = ash_resolve_map,
	  .sql_template = "pg_catalog.jsonb_build_object($*)" },
	{ .name = "composite_type",
	  .doc = "A value of a row type of PostgreSQL, from a map, row(…) or a list, and the type's "
			 "name.",
	  .min_args = 2,
	  .max_args = 2,
	  .resolve = ash_resolve_composite,
	  .sql = ash_sql_composite },
	{ .name = "lazy",
	  .doc =
		  "A call of one of the domain's functions, made once for a statement, not for each row.",
	  .min_args = 1,
	  .max_args = 1,
	  .resolve = ash_resolve_lazy,
	  .sql = ash_sql_lazy },
	{ .name = "vector_l2_distance",
	  .doc = "Distance of two vectors; needs the extension vector.",
	  .min_args = 2,
	  .max_args = 2,
	  .resolve = ash_resolve_vector_distance,
	  .sql = ash_sql_pg_function },
	{ .name = "vector_cosine_distance",
	  .doc = "Cosine distance of two vectors; needs the extension vector.",
	  .min_args = 2,
	  .max_args = 2,
	  .resolve = ash_resolve_vector_distance,
	  .sql = ash_sql_pg_function },
	FUNCTION("gen_random_uuid", "A random uuid.", 0, 0, "a>u", "pg_catalog.gen_random_uuid()"),
};

const AshExprFunc *
ash_expr_funcs(int *count)
{
	*count = lengthof(functions);
	return functions;
}

const AshExprFunc *
ash_expr_operators(int *count)
{
	*count = lengthof(operators);
	return operators;
}

const AshExprFunc *
ash_expr_func_lookup(const char *name, bool is_operator)
{
	int count;
	const AshExprFunc *table = is_operator ? ash_expr_operators(&count) : ash_expr_funcs(&count);

	for (int i = 0; i < count; i++)
	{
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}
