/*-------------------------------------------------------------------------
 *
 * src/model/attribute.h
 *	  A compiled attribute: a column of the table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_ATTRIBUTE_H
#define ASH_ATTRIBUTE_H

#include "model/field_use.h"
#include "model/value_default.h"

struct AshAttribute
{
	const char *name;
	const char *description;
	const char *source;	  /* column */
	const char *json_key; /* "\"name\":" as it stands in JSON */
	int json_key_len;
	int index; /* in AshResource.attributes */
	AshTypeInst *type;
	bool is_public;
	bool sensitive;
	bool allow_nil;
	bool generated;
	bool writable;
	bool primary_key;
	bool always_select;
	bool select_by_default;
	bool match_other_defaults;
	AshFieldUse filterable;
	AshFieldUse sortable;
	AshDefault dflt;
	AshDefault update_default;
	const char *belongs_to; /* relationship that defined it, or NULL */
	const char *check_name; /* of the constraint made from the type's constraints, or NULL */
	const char *renamed_from;
	json_t *definition; /* expanded document node (schema planner) */
};

#endif /* ASH_ATTRIBUTE_H */
