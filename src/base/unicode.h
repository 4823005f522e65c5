/*-------------------------------------------------------------------------
 *
 * src/base/unicode.h
 *	  Text as users see it: white space, letter case, user-perceived characters.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_UNICODE_H
#define ASH_UNICODE_H

#include "compat.h"

/* Text somewhere in memory, in the server's encoding; not terminated. */
typedef struct AshText
{
	const char *s;
	int len;
} AshText;

/* Without white space at both ends; points into the same memory. */
extern AshText ash_trim(AshText in);

/* A new text in upper or lower case, by the root locale where ICU is available. */
extern text *ash_change_case(AshText in, bool upper);

/* The number of user-perceived characters; of code points when built without ICU. */
extern int ash_grapheme_length(const char *s, int len);

#endif /* ASH_UNICODE_H */
