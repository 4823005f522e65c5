/*-------------------------------------------------------------------------
 *
 * src/define/check_document.h
 *	  What the files that check a document as it was written share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_CHECK_H
#define ASH_CHECK_H

#include "define/define_internal.h"
#include "model/entity_kinds.h"

typedef void (*AshMemberCheck)(json_t *node, AshErrors *errors);

/*-------------------------------------------------------------------------
 * check_section.c: errors are added at the current path or below it
 *-------------------------------------------------------------------------
 */

/* A key that is required, at the node or at option of it; what says what it is for. */
extern void ash_check_missing(AshErrors *errors, const char *option, const char *key,
							  const char *what);
/* Expected what at key, got something else. */
extern void ash_check_wrong_shape(AshErrors *errors, const char *key, const char *what,
								  json_t *got);
/* Options that an entity of that kind does not take. */
extern void ash_check_applies(const AshSpec *spec, json_t *node, int kind, const char *what,
							  AshErrors *errors);
/* An object of named members, each checked against spec and then by check (or NULL). */
extern void ash_check_section(json_t *parent, const char *key, const AshSpec *spec,
							  AshMemberCheck check, AshErrors *errors);
/* A list, or nothing. */
extern void ash_check_is_list(json_t *node, const char *key, AshErrors *errors);

/* check_actions.c: the section "actions" of a resource */
extern void ash_check_actions(json_t *resource, AshErrors *errors);

#endif /* ASH_CHECK_H */
