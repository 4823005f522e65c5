/*-------------------------------------------------------------------------
 *
 * src/action/managed/managed.h
 *	  What the files about managed relationships share.
 *
 *	  managed_options.c	 the change: its options, and the request it records
 *	  managed_input.c	 input → list of objects; which stored row is meant
 *	  managed_rows.c	 reads and writes of related rows on behalf of ours
 *	  managed.c			 the algorithm
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_ACTION_MANAGED_H
#define ASH_ACTION_MANAGED_H

#include "action/action_internal.h"
#include "model/action_def.h"

typedef enum AshManageVerb
{
	ASH_MANAGE_IGNORE,
	ASH_MANAGE_CREATE,
	ASH_MANAGE_DESTROY,
	ASH_MANAGE_ERROR,
	ASH_MANAGE_MATCH,
	ASH_MANAGE_MISSING,
	ASH_MANAGE_NO_MATCH,
	ASH_MANAGE_RELATE,
	ASH_MANAGE_RELATE_AND_UPDATE,
	ASH_MANAGE_UNRELATE,
	ASH_MANAGE_UPDATE,
	ASH_MANAGE_UPDATE_JOIN
} AshManageVerb;

typedef enum AshManageWhen
{
	ASH_ON_LOOKUP,
	ASH_ON_NO_MATCH,
	ASH_ON_MATCH,
	ASH_ON_MISSING,
	ASH_MANAGE_WHENS
} AshManageWhen;

/* "create", or ["create", action, join action, [join keys]] */
typedef struct AshManageRule
{
	AshManageVerb verb;
	const char *action; /* NULL: the primary one */
	const char *second; /* join action, or the read action of a lookup; NULL: primary */
	List *join_keys;	/* of char *: input that goes to the join row */
} AshManageRule;

typedef struct AshManageOptions
{
	const char *argument;
	const char *relationship;
	int type;
	json_t *rules_json[ASH_MANAGE_WHENS];
	bool authorize;
	const char *value_is_key;
	List *use_identities;	 /* of char * */
	List *identity_priority; /* of char * */
	List *join_keys;		 /* of char * */
	json_t *error_path_json;
	bool ignore;

	/* prepared */
	AshManageRule rules[ASH_MANAGE_WHENS];
	List *error_path; /* of char *; NIL: argument and index */
	const AshArgument *arg;
	AshRelationship *rel;
} AshManageOptions;

/* One managed set while it is worked off. */
typedef struct AshManaging
{
	AshChangeset *cs;
	AshManaged *managed;
	const AshManageOptions *opts;
	AshRelationship *rel;
	AshResource *dest;
	AshResource *join; /* many_to_many, or NULL */
	List *inputs;	   /* of Jsonb *: objects */
	bool was_list;
	List *keys;				 /* of List of AshAttribute *: what identifies a row */
	const char *read_action; /* for related rows; NULL: the relationship's */
	List *originals;		 /* of AshValue *: related before */
	List *current;			 /* of AshValue *: related now, newest first */
} AshManaging;

/* managed_options.c */
extern bool ash_managing_check(AshResource *res, AshRelationship *rel, AshErrors *errors);
extern const AshChangeDef ash_relationship_changes[];

/* cascade.c */
extern const AshChangeDef ash_cascade_changes[];

/* managed_input.c */
extern void ash_managing_begin(AshManaging *m, AshChangeset *cs, AshManaged *managed);
extern AshValue *ash_managing_find(const AshManaging *m, List *rows, const Jsonb *input);
extern bool ash_managing_matches(const AshManaging *m, const AshValue *row, const Jsonb *input);
/* the keys of input that an action takes */
extern Jsonb *ash_input_for(const AshAction *action, const Jsonb *input);
/* the part of input under the given keys, or the rest */
extern Jsonb *ash_input_split(const Jsonb *input, List *keys, bool with);

/* managed_rows.c: NULL, NIL or false after adding an error */
extern void ash_managing_push_path(const AshManaging *m, int index);
extern void ash_managing_pop_path(const AshManaging *m, int index);
extern AshAction *ash_managing_action(const AshManaging *m, AshResource *res, const char *name,
									  AshActionType type);
extern List *ash_managing_related(const AshManaging *m);
/* the row as written, copied.  forced: List of AshForced * */
extern AshValue *ash_managing_write(const AshManaging *m, AshResource *res, AshAction *action,
									const Jsonb *input, AshValue *data, List *forced);
extern const AshAttribute *ash_managing_attribute(const AshResource *res, const char *name);
extern AshExpr *ash_attribute_equals(AshResource *res, const AshAttribute *attr, AshValue value,
									 AshErrors *errors);
/* by the first key that the input names; NULL also when there is none */
extern AshValue *ash_managing_look_up(const AshManaging *m, const Jsonb *input);
extern AshValue *ash_managing_update(const AshManaging *m, const char *action, AshValue *row,
									 const Jsonb *input, List *forced);
/* the foreign key that makes a has_one or has_many row ours, as List of AshForced * */
extern List *ash_managing_ours(const AshManaging *m);
extern bool ash_managing_join(const AshManaging *m, const char *action, const AshValue *row,
							  const Jsonb *input);
/* the join rows between our row and another */
extern List *ash_managing_joins(const AshManaging *m, const AshValue *row);
extern bool ash_managing_unrelate(const AshManaging *m, AshValue *row, const AshManageRule *rule);
extern bool ash_managing_destroy(const AshManaging *m, AshValue *row, const AshManageRule *rule);

#endif /* ASH_ACTION_MANAGED_H */
