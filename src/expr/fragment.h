/*-------------------------------------------------------------------------
 *
 * src/expr/fragment.h
 *	  What fragment.c and fragment_write.c share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_EXPR_FRAGMENT_H
#define ASH_EXPR_FRAGMENT_H

#include "expr/expr_internal.h"

/* Stands before and after the number of an argument in the text that is written. */
#define ASH_FRAGMENT_MARK '\001'

typedef struct AshFragment
{
	StringInfoData text;
	int nargs;
	Bitmapset *seen; /* numbers of the placeholders written so far */
	AshErrors *errors;
} AshFragment;

/* The SQL of a parse tree; false after adding an error. */
extern bool ash_fragment_write(AshFragment *fragment, Node *node);

#endif /* ASH_EXPR_FRAGMENT_H */
