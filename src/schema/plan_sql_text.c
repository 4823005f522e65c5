/*-------------------------------------------------------------------------
 *
 * src/schema/plan_sql_text.c
 *	  SQL that the owner of a definition wrote: checks and keys of indexes.
 *
 * Such a text becomes part of a statement that somebody else may run.  It is
 * parsed here first, in a frame of our own, and refused unless it fills exactly
 * the place it was made for.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "schema/schema_plan.h"

/* The only statement of a text, or NULL when there are several. */
static Node *
parse_one(const char *sql)
{
	List *statements = raw_parser(sql, RAW_PARSE_DEFAULT);

	return list_length(statements) == 1 ? linitial_node(RawStmt, statements)->stmt : NULL;
}

static void
refuse(const AshResource *res, const char *what, const char *sql)
{
	ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR),
					errmsg("%s of resource %s is not an expression", what, res->name),
					errdetail("It is: %s", sql)));
}

static bool
is_plain_select(Node *node)
{
	SelectStmt *select = (SelectStmt *) node;

	return node != NULL && IsA(node, SelectStmt) && select->op == SETOP_NONE &&
		   list_length(select->targetList) == 1 && select->fromClause == NIL &&
		   select->whereClause == NULL && select->groupClause == NIL &&
		   select->havingClause == NULL && select->windowClause == NIL &&
		   select->sortClause == NIL && select->limitCount == NULL && select->limitOffset == NULL &&
		   select->lockingClause == NIL && select->withClause == NULL &&
		   select->intoClause == NULL && select->valuesLists == NIL &&
		   linitial_node(ResTarget, select->targetList)->name == NULL;
}

bool
ash_plan_is_expression(const char *sql)
{
	return is_plain_select(parse_one(psprintf("SELECT (%s\n)", sql)));
}

/*
 * Raises unless sql is one expression.  The line feed ends a comment: a text that
 * is put between parentheses has to be followed by one everywhere.
 */
void
ash_plan_check_condition(const AshResource *res, const char *what, const char *sql)
{
	if (!ash_plan_is_expression(sql))
		refuse(res, what, sql);
}

/* The same for one key of an index: a column or an expression, operator class, order. */
void
ash_plan_check_index_field(const AshResource *res, const char *sql)
{
	IndexStmt *index = (IndexStmt *) parse_one(psprintf("CREATE INDEX ON t (%s\n)", sql));

	if (index == NULL || !IsA(index, IndexStmt) || list_length(index->indexParams) != 1 ||
		index->indexIncludingParams != NIL || index->whereClause != NULL || index->options != NIL ||
		index->tableSpace != NULL || strstr(sql, "--") != NULL)
		refuse(res, "custom_indexes", sql);
}
