/*-------------------------------------------------------------------------
 *
 * src/policy/policy_internal.h
 *	  What the files of this room share: the tables check_registry.c joins, and the
 *	  formula that policy_decide.c and policy_explain.c fold.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_POLICY_INTERNAL_H
#define ASH_POLICY_INTERNAL_H

#include "model/resource.h"
#include "policy/policy.h"

/* One of the tables check_registry.c joins; each ends with a NULL name. */
extern const AshCheckDef ash_simple_checks[];
extern const AshCheckDef ash_actor_checks[];
extern const AshCheckDef ash_change_checks[];
extern const AshCheckDef ash_query_checks[];
extern const AshCheckDef ash_function_checks[];

static inline AshTruth
ash_truth(bool value)
{
	return value ? ASH_TRUE : ASH_FALSE;
}

/* A check without options. */
extern const AshSpec ash_no_options_spec;

extern AshTemplate *ash_check_operand(AshResource *res, const char *option, json_t *node,
									  const AshTypeInst *type, AshErrors *errors);
extern bool ash_check_equals_json(AshCall *call, const AshTemplate *tmpl, const JsonbValue *value);

/* compile_check.c: what policies are compiled for, and where their faults go */
typedef struct AshPolicyCompiler
{
	AshResource *res;
	AshErrors *errors;
} AshPolicyCompiler;

extern List *ash_policy_compile_condition(AshPolicyCompiler *compiler, const char *key,
										  json_t *node);
extern void ash_policy_compile_checks(AshPolicyCompiler *compiler, json_t *list, AshPolicy *policy);

extern AshExpr *ash_policy_parse(AshResource *res, const char *source, AshErrors *errors);

/*
 * For ad-hoc SQL: a boolean that asks ash.actor() when the statement runs.  The text
 * of its test is written by write.
 */
extern AshExpr *ash_policy_actor_test(AshResource *res, void (*write)(AshSql *sql, AshExpr *call),
									  List *path, Datum value);
extern AshExpr *ash_policy_actor_present(AshResource *res);
/* ash.actor('resource') */
extern void ash_policy_write_actor(AshSql *sql, const AshResource *res);

/* Three-valued: unknown carries the expression that decides. */
typedef struct Formula
{
	AshTruth truth;
	AshExpr *expr; /* ASH_UNKNOWN only */
} Formula;

/*
 * A check or a condition as two formulas: one that is true when it is satisfied, and one
 * that is true when it is not.  They are not always opposites: see policy_decide.c.
 */
typedef struct Literal
{
	Formula when_satisfied;
	Formula when_not_satisfied;
} Literal;

/* policy_decide.c: all policies of the subject's resource (authorize.c, policy_explain.c) */
extern Formula ash_policy_formula(const AshPolicySubject *subject);
/* … and the same for all rows of a bulk call */
extern bool ash_policies_are_of_call(const AshPolicySubject *subject);
extern AshTruth ash_policy_settle(const AshPolicySubject *subject, AshExpr *condition);
/* its parts */
extern Literal ash_policy_check(const AshPolicySubject *subject, const AshCheck *check,
								AshAccessType access_type);
extern Literal ash_policy_conditions(const AshPolicySubject *subject, const AshPolicy *policy);
extern Formula ash_policy_checks(const AshPolicySubject *subject, const AshPolicy *policy);

/* "authorize_if", … by AshCheckEffect; "filter", "strict", "runtime" by AshAccessType */
extern const char *const ash_access_types[];

#endif /* ASH_POLICY_INTERNAL_H */
