/*-------------------------------------------------------------------------
 *
 * src/policy/policy.h
 *	  Policies: from the subject of a call to a decision or a condition.
 *
 * Checks are three-valued: simple checks are decided at once; filter checks are
 * decided when their expression needs no row, else they stay an expression.
 * They are folded into one formula (policy_decide.c); what remains is either a
 * decision or an AshExpr over the row.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_POLICY_H
#define ASH_POLICY_H

#include "call/call.h"
#include "model/action_def.h"
#include "model/resource.h"

struct AshChangeset;

typedef struct AshCheckDef AshCheckDef;

/*
 * What a read asks for, as far as checks look at it.  All zero: the default fields of all
 * rows, which is also what a read through a relationship is authorized for.
 */
typedef struct AshReadFacts
{
	const Bitmapset *select; /* attribute indexes; NULL: the default selection */
	List *loads;			 /* of const char *: names of relationships, calculations, aggregates */
	List *filters;			 /* of AshExpr *, ANDed */
} AshReadFacts;

/*
 * What is being authorized.  Without a call it is ad-hoc SQL: nothing of the
 * caller is known yet, so what depends on the actor stays an expression that
 * reads it at run time, and what depends on an input cannot be decided (neither
 * a check nor its negation holds then).
 */
typedef struct AshPolicySubject
{
	AshCall *call; /* NULL: ad-hoc SQL */
	AshResource *res;
	AshActionType type;
	AshAction *action;				/* or NULL: ad-hoc SQL, loads without an action */
	struct AshChangeset *changeset; /* writes */
	AshReadFacts read;				/* reads */
} AshPolicySubject;

/* One check: definition plus its filled options. */
typedef struct AshCheck
{
	const AshCheckDef *def;
	void *options;
	const char *name; /* as the definition names or describes it */
} AshCheck;

typedef enum AshCheckEffect
{
	ASH_AUTHORIZE_IF,
	ASH_FORBID_IF,
	ASH_AUTHORIZE_UNLESS,
	ASH_FORBID_UNLESS
} AshCheckEffect;

typedef struct AshPolicyCheck
{
	AshCheckEffect effect;
	AshCheck *check;
} AshPolicyCheck;

struct AshPolicy
{
	bool bypass;
	List *conditions; /* of AshCheck *, ANDed; NIL = always; group conditions included */
	List *checks;	  /* of AshPolicyCheck * */
	AshAccessType access_type;
	const char *description;
	const char *error_message;
	List *fields; /* field policies: of char *; "*" = all of them */
};

typedef enum AshTruth
{
	ASH_FALSE,
	ASH_TRUE,
	ASH_UNKNOWN /* depends on the row: see the expression */
} AshTruth;

/*
 * A check built-in.  match decides at once, or says ASH_UNKNOWN; then filter, if
 * there is one, gives an expression over the row, or NULL when it cannot tell.  A
 * check that neither decides is not satisfied, and neither is its negation.
 */
struct AshCheckDef
{
	const char *name;
	const char *doc;
	const AshSpec *spec;
	const char *payload; /* option that is the whole of what stands under the name, or NULL */
	/* resolve names, compile expressions; adds definition errors */
	bool (*prepare)(AshResource *res, void *options, AshErrors *errors);
	AshTruth (*match)(const AshPolicySubject *subject, void *options);
	AshExpr *(*filter)(const AshPolicySubject *subject, void *options);
	/* its answer is the same for all rows of a bulk call: it looks at no changes, input, context */
	bool of_call;
};

/* registry (check_registry.c) */
extern const AshCheckDef *ash_checks(int *count);

/* Entries of a definition (compile_policy.c); a check is one of the effects beside
 * ash_policy_check_spec.
 */
extern const AshSpec ash_policy_spec;
extern const AshSpec ash_field_policy_spec;
extern const AshSpec ash_policy_check_spec;
extern const char *const ash_check_effects[];

/*
 * compile_policy.c: the resource's policies and field policies, compiled on first use
 * into res->policies and res->field_policies.  errors is NULL at run time.
 */
extern void ash_resource_policies(AshResource *res, AshErrors *errors);

/*-------------------------------------------------------------------------
 * authorize.c: the one way to a decision
 *-------------------------------------------------------------------------
 */
typedef enum AshDecision
{
	ASH_DECISION_ALLOW,
	ASH_DECISION_DENY,
	ASH_DECISION_CONDITION /* allowed for rows that meet the condition */
} AshDecision;

/*
 * The answer.  condition can stand in a WHERE whatever the decision: NULL when allowed,
 * the constant false when denied.  A row meets it when it is TRUE; FALSE and NULL both
 * mean no.  (Negations stand at the checks only, so to negate the whole, coalesce it
 * first.)
 */
typedef struct AshAuthorizeResult
{
	AshDecision decision;
	AshExpr *condition;
} AshAuthorizeResult;

/* What a denial does besides being returned. */
typedef enum AshRefuse
{
	ASH_REFUSE_SILENTLY,
	ASH_REFUSE_ERROR /* adds the Forbidden error, unless the call has errors */
} AshRefuse;

extern AshPolicySubject ash_policy_subject(AshCall *call);
extern bool ash_policies_apply(const AshCall *call, const AshResource *res);
extern AshAuthorizeResult ash_authorize(const AshPolicySubject *subject, AshRefuse refuse);
extern bool ash_authorize_refuse(const AshPolicySubject *subject);
extern AshAuthorizeResult *ash_authorize_bulk(AshCall *call);

/*
 * policy_explain.c: appends every policy, condition and check with its truth for the
 * subject, as JSON (ash_explain_policies).
 */
extern void ash_policy_explain(const AshPolicySubject *subject, StringInfo out);

/*
 * Condition under which a field may be seen: NULL = always, else it must be TRUE (NULL
 * hides).  *never is set when no row can show it.  Only called when
 * res->has_field_policies.
 */
extern AshExpr *ash_policy_field_condition(const AshPolicySubject *subject, const char *field,
										   bool is_public, bool *never);

#endif /* ASH_POLICY_H */
