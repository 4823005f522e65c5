/*-------------------------------------------------------------------------
 *
 * src/compat.h
 *	  The only place that knows which PostgreSQL major we are built for.
 *
 * PostgreSQL 15 to 18 are supported.  One block per API; a "Compat" suffix is
 * used only when an existing name behaves differently between majors.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_COMPAT_H
#define ASH_COMPAT_H

#include "postgres.h"

#include "fmgr.h"

#if PG_VERSION_NUM < 150000 || PG_VERSION_NUM >= 190000
#error "ash supports PostgreSQL 15 to 18"
#endif

/* varatt.h was split from postgres.h in 16 */
#if PG_VERSION_NUM >= 160000
#include "catalog/pg_class_d.h"
#include "catalog/pg_database_d.h"
#include "catalog/pg_namespace_d.h"
#include "catalog/pg_proc_d.h"
#include "varatt.h"
#endif

/*
 * Functions are exported one by one: the library is built with hidden
 * visibility.  Until 15 the declaration has to carry the attribute itself.
 */
#define ASH_FUNCTION(name)                    \
	PGDLLEXPORT Datum name(PG_FUNCTION_ARGS); \
	PG_FUNCTION_INFO_V1(name)

/* execute_once went away in 18 */
#if PG_VERSION_NUM >= 180000
#define ExecutorRunCompat(qd, dir, count) ExecutorRun(qd, dir, count)
#else
#define ExecutorRunCompat(qd, dir, count) ExecutorRun(qd, dir, count, true)
#endif

/* 16 moved privileges from the range table entry to a list of their own */
#if PG_VERSION_NUM >= 180000
#define ash_init_range_table(estate, rte)                                              \
	do                                                                                 \
	{                                                                                  \
		List *perminfos = NIL;                                                         \
		addRTEPermissionInfo(&perminfos, rte);                                         \
		ExecInitRangeTable(estate, list_make1(rte), perminfos, bms_make_singleton(1)); \
	} while (0)
#elif PG_VERSION_NUM >= 160000
#define ash_init_range_table(estate, rte)                       \
	do                                                          \
	{                                                           \
		List *perminfos = NIL;                                  \
		addRTEPermissionInfo(&perminfos, rte);                  \
		ExecInitRangeTable(estate, list_make1(rte), perminfos); \
	} while (0)
#else
#define ash_init_range_table(estate, rte) ExecInitRangeTable(estate, list_make1(rte))
#endif

/* 17 moved the local transaction number into the virtual one */
#if PG_VERSION_NUM >= 170000
#define AshMyLxid (MyProc->vxid.lxid)
#else
#define AshMyLxid (MyProc->lxid)
#endif

/* 18 renamed the prepared CHECK constraints of a result relation */
#if PG_VERSION_NUM >= 180000
#define AshCheckExprs ri_CheckConstraintExprs
#else
#define AshCheckExprs ri_ConstraintExprs
#endif

/* object_aclcheck() replaced the per-class functions in 16 */
#if PG_VERSION_NUM >= 160000
#define ash_namespace_aclcheck(oid, role, mode) \
	object_aclcheck(NamespaceRelationId, oid, role, mode)
#define ash_proc_aclcheck(oid, role, mode) object_aclcheck(ProcedureRelationId, oid, role, mode)
#define ash_database_aclcheck(oid, role, mode) object_aclcheck(DatabaseRelationId, oid, role, mode)
#define ash_class_ownercheck(oid, role) object_ownercheck(RelationRelationId, oid, role)
#define ash_proc_ownercheck(oid, role) object_ownercheck(ProcedureRelationId, oid, role)
#else
#define ash_namespace_aclcheck(oid, role, mode) pg_namespace_aclcheck(oid, role, mode)
#define ash_proc_aclcheck(oid, role, mode) pg_proc_aclcheck(oid, role, mode)
#define ash_database_aclcheck(oid, role, mode) pg_database_aclcheck(oid, role, mode)
#define ash_class_ownercheck(oid, role) pg_class_ownercheck(oid, role)
#define ash_proc_ownercheck(oid, role) pg_proc_ownercheck(oid, role)
#endif

/*
 * The numbers of the grammar's first tokens.  parser/gram.h is no longer installed
 * by newer majors; the scanner's users have always relied on this order.
 */
#if __has_include("parser/gram.h")
#define ASH_HAVE_GRAM_H 1
#else
#define IDENT 258
#define TYPECAST 268
#define EQUALS_GREATER 271
#endif

/* 17 added the kind of the function, 18 took the result's target list away */
#if PG_VERSION_NUM >= 180000
#define check_sql_fn_retvalCompat(queries, type, desc) \
	check_sql_fn_retval(queries, type, desc, PROKIND_FUNCTION, true)
#elif PG_VERSION_NUM >= 170000
#define check_sql_fn_retvalCompat(queries, type, desc) \
	check_sql_fn_retval(queries, type, desc, PROKIND_FUNCTION, true, NULL)
#else
#define check_sql_fn_retvalCompat(queries, type, desc) \
	check_sql_fn_retval(queries, type, desc, true, NULL)
#endif

/* 16 reports faults of a name through an error context */
#if PG_VERSION_NUM >= 160000
#define stringToQualifiedNameListCompat(str) stringToQualifiedNameList(str, NULL)
#else
#define stringToQualifiedNameListCompat(str) stringToQualifiedNameList(str)
#endif

/* 16 added the result relations */
#if PG_VERSION_NUM >= 160000
#define EvalPlanQualInitCompat(epq, estate) EvalPlanQualInit(epq, estate, NULL, NIL, -1, NIL)
#else
#define EvalPlanQualInitCompat(epq, estate) EvalPlanQualInit(epq, estate, NULL, NIL, -1)
#endif

/* 18 counts what an index scan does, and asks about deferrable keys */
#if PG_VERSION_NUM >= 180000
#define index_beginscanCompat(heap, index, snapshot, nkeys) \
	index_beginscan(heap, index, snapshot, NULL, nkeys, 0)
#define RelationGetPrimaryKeyIndexCompat(rel) RelationGetPrimaryKeyIndex(rel, false)
#else
#define index_beginscanCompat(heap, index, snapshot, nkeys) \
	index_beginscan(heap, index, snapshot, nkeys, 0)
#define RelationGetPrimaryKeyIndexCompat(rel) RelationGetPrimaryKeyIndex(rel)
#endif

/* 18 knows the attribute only as a prefix */
#define ASH_NORETURN __attribute__((noreturn))

/* missing_ok became an error context in 16; unknown types raise an error in both */
#if PG_VERSION_NUM >= 160000
#define parseTypeStringCompat(str, oid, typmod) parseTypeString(str, oid, typmod, NULL)
#else
#define parseTypeStringCompat(str, oid, typmod) parseTypeString(str, oid, typmod, false)
#endif

/* what ExecutorCheckPerms_hook gets: privileges left the range table in 16 */
#if PG_VERSION_NUM >= 160000
#define AshPermInfo RTEPermissionInfo
#define ASH_CHECK_PERMS_PARAMS List *range_table, List *perm_infos, bool raise
#define ASH_CHECK_PERMS_ARGS range_table, perm_infos, raise
#else
#define AshPermInfo RangeTblEntry
#define ASH_CHECK_PERMS_PARAMS List *perm_infos, bool raise
#define ASH_CHECK_PERMS_ARGS perm_infos, raise
#endif

/* where the role is that a table's privileges are checked for */
#if PG_VERSION_NUM >= 160000
#define ash_perm_info(query, entry) getRTEPermissionInfo((query)->rteperminfos, entry)
#else
#define ash_perm_info(query, entry) ((RangeTblEntry *) (entry))
#endif

/* and where the planner keeps it */
#if PG_VERSION_NUM >= 160000
#define ash_set_rel_user(rel, query, entry) \
	((rel)->userid = ash_perm_info(query, entry)->checkAsUser)
#else
#define ash_set_rel_user(rel, query, entry) ((void) (query))
#endif

/* ExplainOnePlan() got memory counters in 17 */
#if PG_VERSION_NUM >= 170000
#define ash_explain_one_plan(stmt, es, text, params) \
	ExplainOnePlan(stmt, NULL, es, text, params, NULL, NULL, NULL, NULL)
#else
#define ash_explain_one_plan(stmt, es, text, params) \
	ExplainOnePlan(stmt, NULL, es, text, params, NULL, NULL, NULL)
#endif

/* the state of EXPLAIN moved to headers of its own in 18 */
#if PG_VERSION_NUM >= 180000
#define ASH_EXPLAIN_HEADER "commands/explain_state.h"
#define ASH_EXPLAIN_FORMAT_HEADER "commands/explain_format.h"
#else
#define ASH_EXPLAIN_HEADER "commands/explain.h"
#endif

#endif /* ASH_COMPAT_H */
