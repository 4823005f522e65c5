/*-------------------------------------------------------------------------
 *
 * src/hooks/table_readers.c
 *	  Sets checkAsUser on range table entries of "definer" resources, as PostgreSQL does
 *	  for the relations of a view.
 *
 * A resource with "security": "definer" that another one refers to is read with the
 * privileges of its owner, the other tables of the statement with those of the caller.
 * checkAsUser names the role whose privileges and row security policies apply.  It is set
 * after parse analysis of a statement of exec/ and before it is rewritten.
 *
 * Such a statement lists aliases and roles (AshReader).  Its aliases are generated, so an
 * alias denotes one entry.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "exec/running_statement.h"
#include "hooks/hooks.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parse_relation.h"

static post_parse_analyze_hook_type prev_post_parse_analyze = NULL;

/* The role listed for the entry's alias, or InvalidOid. */
static Oid
reader_of(const RangeTblEntry *entry, List *readers)
{
	ListCell *lc;

	if (entry->rtekind != RTE_RELATION || entry->alias == NULL)
		return InvalidOid;
	foreach (lc, readers)
	{
		const AshReader *reader = lfirst(lc);

		if (strcmp(reader->alias, entry->alias->aliasname) == 0)
			return reader->role;
	}
	return InvalidOid;
}

/* expression_tree_walker() over a query and its subqueries */
static bool
set_readers(Node *node, void *readers)
{
	Query *query;
	ListCell *lc;

	if (node == NULL)
		return false;
	if (!IsA(node, Query))
		return expression_tree_walker(node, set_readers, readers);
	query = (Query *) node;
	foreach (lc, query->rtable)
	{
		Oid role = reader_of(lfirst(lc), readers);

		if (OidIsValid(role))
			ash_perm_info(query, lfirst(lc))->checkAsUser = role;
	}
	return query_tree_walker(query, set_readers, readers, 0);
}

/* post_parse_analyze_hook */
static void
post_parse_analyze(ParseState *pstate, Query *query, JumbleState *jstate)
{
	AshRunningStatement *statement =
		ash_running_statement(ASH_STATEMENT_ANALYZING, pstate->p_sourcetext);

	if (prev_post_parse_analyze != NULL)
		prev_post_parse_analyze(pstate, query, jstate);
	if (statement == NULL)
		return;
	if (statement->sql->readers != NIL)
		(void) set_readers((Node *) query, statement->sql->readers);
	statement->phase = ASH_STATEMENT_REWRITING;
}

void
ash_readers_init(void)
{
	prev_post_parse_analyze = post_parse_analyze_hook;
	post_parse_analyze_hook = post_parse_analyze;
}
