/*-------------------------------------------------------------------------
 *
 * src/changeset/changeset_internal.h
 *	  What the files of this room share: values and subjects of built-ins, and
 *	  the tables that step_registry.c joins.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_CHANGESET_INTERNAL_H
#define ASH_CHANGESET_INTERNAL_H

#include "changeset/changeset.h"

/* One of the tables step_registry.c joins; each ends with a NULL name. */
extern const AshChangeDef ash_attribute_changes[];
extern const AshChangeDef ash_atomic_changes[];
extern const AshChangeDef ash_context_changes[];
extern const AshChangeDef ash_function_changes[];
extern const AshValidationDef ash_presence_validations[];
extern const AshValidationDef ash_value_validations[];
extern const AshValidationDef ash_compare_validations[];
extern const AshValidationDef ash_text_validations[];
extern const AshValidationDef ash_logic_validations[];
extern const AshValidationDef ash_function_validations[];

/*
 * The field a built-in is about: an argument of the action, else an attribute,
 * else (only where ASH_SUBJECT_RELATIONSHIP is allowed) a relationship.
 */
typedef struct AshSubject
{
	const char *name;
	const AshAttribute *attribute;
	const AshArgument *argument;
	const AshRelationship *relationship;
	const AshTypeInst *type; /* of the value, or NULL when neither is known here */
} AshSubject;

#define ASH_SUBJECT_ATTRIBUTE 0x01
#define ASH_SUBJECT_ARGUMENT 0x02
#define ASH_SUBJECT_RELATIONSHIP 0x04
#define ASH_SUBJECT_FIELD (ASH_SUBJECT_ATTRIBUTE | ASH_SUBJECT_ARGUMENT)

/* step_subject.c */
extern bool ash_subject_resolve(const AshBuiltinScope *scope, const char *option, const char *name,
								int allowed, AshErrors *errors, AshSubject *out);
extern AshValue ash_subject_value(const AshChangeset *cs, const AshSubject *subject);

/* step_option.c: values of built-in options */
extern AshTemplate *ash_option_compile(const AshBuiltinScope *scope, const char *option,
									   json_t *node, const AshTypeInst *type, bool stored,
									   AshErrors *errors);
/* of a type, for comparing: no constraints apply, what cannot be cast is NULL and false */
extern bool ash_option_operand(AshChangeset *cs, const AshTemplate *tmpl, const AshTypeInst *type,
							   AshValue *out);
/* a value as one of another type, for comparing; value and out may be the same */
extern bool ash_option_convert(AshChangeset *cs, const AshTypeInst *from, const AshValue *value,
							   const AshTypeInst *to, AshValue *out);
/* of an attribute, to be stored: false after adding an error */
extern bool ash_option_value(AshChangeset *cs, const AshTemplate *tmpl, const AshAttribute *attr,
							 AshValue *out);
/* as JSON text, for the vars of an error */
extern const char *ash_option_json(AshChangeset *cs, const AshTemplate *tmpl);

/* steps.c: the error a failed validation makes, its message not yet interpolated */
extern AshError *ash_validation_describe(AshChangeset *cs, const AshStep *step, AshErrors *errors);
extern bool ash_validation_passes(AshChangeset *cs, const AshStep *step);

#endif /* ASH_CHANGESET_INTERNAL_H */
