/*-------------------------------------------------------------------------
 *
 * src/hooks/table_readers.c
 *	  Tables of a statement that are read with the rights of somebody else.
 *
 * A resource with "security": "definer" that another one reaches is read with the
 * rights of its owner, and the other tables of the same statement with those of the
 * caller.  PostgreSQL has that for the tables of a view: an entry of the range table
 * may name the role its privileges and row security are checked for.  It is set
 * here, once our statement has been analysed and before it is rewritten.
 *
 * Only our own statements come here with readers (exec/saved_plans.c says when).
 * Their aliases are ours, so an alias means one entry.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "exec/exec.h"
#include "hooks/hooks.h"
#include "nodes/nodeFuncs.h"
#include "parser/analyze.h"
#include "parser/parse_relation.h"

static post_parse_analyze_hook_type prev_post_parse_analyze = NULL;

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

static void
post_parse_analyze(ParseState *pstate, Query *query, JumbleState *jstate)
{
	List *readers = ash_exec_readers();

	if (prev_post_parse_analyze != NULL)
		prev_post_parse_analyze(pstate, query, jstate);
	if (readers != NIL)
		(void) set_readers((Node *) query, readers);
}

void
ash_readers_init(void)
{
	prev_post_parse_analyze = post_parse_analyze_hook;
	post_parse_analyze_hook = post_parse_analyze;
}
