/*-------------------------------------------------------------------------
 *
 * src/base/jansson_compat.h
 *	  jansson and PostgreSQL in one translation unit.
 *
 * Both define json_object: the server's own function of that name would be found
 * first when our library is linked at run time.  So jansson's is hidden under
 * another name here; a new object is made with ash_json_object().  jansson's
 * json_typeof is a macro that would rewrite the server's declaration, therefore
 * the server's header comes first.  Include this file, never <jansson_compat.h>.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_SPEC_JANSSON_H
#define ASH_SPEC_JANSSON_H

#include "postgres.h"

#include "utils/builtins.h"

#define json_object jansson_object_is_shadowed_by_the_server
#include <jansson.h>
#undef json_object

/* A new empty object. */
static inline json_t *
ash_json_object(void)
{
	return json_pack("{}");
}

#endif /* ASH_SPEC_JANSSON_H */
