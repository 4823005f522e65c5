/*-------------------------------------------------------------------------
 *
 * src/spec/spec.h
 *	  Option schemas: the one declarative description of every entity and
 *	  every built-in of a definition document.
 *
 * An AshSpec is a table of options.  From it come: the check of a document
 * (ash_spec_check), the C struct that the compiled definition carries
 * (ash_spec_fill), the JSON Schema, ash_builtins() and the reference docs.
 * No second list of option names exists anywhere.
 *
 * Documents are jansson trees.  Filled structs live in CurrentMemoryContext and
 * copy what they need, except ASH_OPT_JSON which borrows the json_t: the caller
 * keeps the tree alive (ash_json_own ties it to a memory context).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_SPEC_H
#define ASH_SPEC_H

#include "compat.h"

#include "base/document.h"
#include "base/error.h"
#include "nodes/pg_list.h"

typedef enum AshOptKind
{
	ASH_OPT_BOOL,	/* bool */
	ASH_OPT_INT,	/* AshOptInt */
	ASH_OPT_NUMBER, /* const char *: the number as written */
	ASH_OPT_STRING, /* const char *; never empty when ASH_OPT_NONEMPTY */
	ASH_OPT_NAME,	/* const char *: an identifier, 1 to 63 bytes */
	ASH_OPT_ENUM,	/* int: index into choices; -1 when absent without default */
	ASH_OPT_NAMES,	/* List of char *; one string is a list of one */
	ASH_OPT_VALUE,	/* json_t *: literal or template {"arg"|"actor"|"context"|"tenant"|"expr"} */
	ASH_OPT_EXPR,	/* const char *: expression source */
	ASH_OPT_JSON,	/* json_t *: anything, checked by the owner */
	ASH_OPT_OBJECT, /* pointer to a struct described by fields */
	ASH_OPT_LIST	/* List of structs described by fields; one object is a list of one */
} AshOptKind;

#define ASH_OPT_REQUIRED 0x01
#define ASH_OPT_NONEMPTY 0x02
#define ASH_OPT_STAR 0x04  /* ASH_OPT_NAMES: "*" is allowed alone or among the names */
#define ASH_OPT_COUNT 0x08 /* ASH_OPT_INT: 0 or more */

typedef struct AshOptInt
{
	bool set;
	int64 value;
} AshOptInt;

typedef struct AshSpec AshSpec;

typedef struct AshOpt
{
	const char *name;
	AshOptKind kind;
	bool unfilled; /* checked only: its reader looks into the document */
	size_t offset; /* into the struct of the spec */
	uint32 flags;
	const char *dflt;			/* default as JSON text, or NULL */
	const char *const *choices; /* ASH_OPT_ENUM, or ASH_OPT_STRING: NULL-terminated; a JSON
								 * boolean matches the choices "true" and "false" */
	const AshSpec *fields;		/* ASH_OPT_OBJECT, ASH_OPT_LIST */
	const char *doc;
} AshOpt;

struct AshSpec
{
	const char *name;	   /* "attribute", "string_length" */
	size_t size;		   /* of the struct; 0 when the spec only checks */
	const AshOpt *options; /* terminated by ASH_OPT_END */
	const char *shorthand; /* option that a bare scalar or list stands for, or NULL */
	const char *doc;
};

/*
 * Entries of a table of options.  ASH_OPTION fills the member "field" of the struct "type", whose C
 * type must be the one of the kind (checked by the compiler); ASH_OPTION_CHECKED fills nothing.
 * The other members of AshOpt follow as designated initialisers:
 *
 *		ASH_OPTION(AshIdentity, "keys", NAMES, keys, .flags = ASH_OPT_REQUIRED, .doc = "…"),
 *		ASH_OPTION_CHECKED("description", STRING),
 *		ASH_OPT_END
 *
 * ASH_SPEC makes the spec of such a table that fills a struct "type", ASH_SPEC_CHECKED one that
 * only checks; .shorthand and .doc may follow.
 */
#define ASH_OPTION(type, option, kind_, field, ...)                                            \
	{                                                                                          \
		.name = (option), .kind = ASH_OPT_##kind_,                                             \
		.offset =                                                                              \
			offsetof(type, field) + ASH_OPT_MATCH(ASH_OPT_IS_##kind_(((type *) NULL)->field)), \
		__VA_ARGS__                                                                            \
	}
#define ASH_OPTION_CHECKED(option, kind_, ...)                                   \
	{                                                                            \
		.name = (option), .kind = ASH_OPT_##kind_, .unfilled = true, __VA_ARGS__ \
	}
#define ASH_SPEC(name_, type, options_, ...)                                      \
	{                                                                             \
		.name = (name_), .size = sizeof(type), .options = (options_), __VA_ARGS__ \
	}
#define ASH_SPEC_CHECKED(name_, options_, ...)              \
	{                                                       \
		.name = (name_), .options = (options_), __VA_ARGS__ \
	}
#define ASH_OPT_END  \
	{                \
		.name = NULL \
	}

/* 0, or an error of the compiler when the member has not the type of the kind. */
#define ASH_OPT_MATCH(matches) (0 * sizeof(char[(matches) ? 1 : -1]))
#define ASH_OPT_IS(member, ctype) __builtin_types_compatible_p(__typeof__(member), ctype)
#define ASH_OPT_IS_BOOL(member) ASH_OPT_IS(member, bool)
#define ASH_OPT_IS_INT(member) ASH_OPT_IS(member, AshOptInt)
#define ASH_OPT_IS_NUMBER(member) ASH_OPT_IS(member, const char *)
#define ASH_OPT_IS_STRING(member) ASH_OPT_IS(member, const char *)
#define ASH_OPT_IS_NAME(member) ASH_OPT_IS(member, const char *)
#define ASH_OPT_IS_ENUM(member) (sizeof(member) == sizeof(int)) /* int or an enum */
#define ASH_OPT_IS_NAMES(member) ASH_OPT_IS(member, List *)
#define ASH_OPT_IS_VALUE(member) ASH_OPT_IS(member, json_t *)
#define ASH_OPT_IS_EXPR(member) ASH_OPT_IS(member, const char *)
#define ASH_OPT_IS_JSON(member) ASH_OPT_IS(member, json_t *)
#define ASH_OPT_IS_OBJECT(member) (sizeof(member) == sizeof(void *))
#define ASH_OPT_IS_LIST(member) ASH_OPT_IS(member, List *)

/*
 * Check node against spec; every fault becomes an ASH_E_INVALID_DEFINITION at
 * the current path.  Keys in also_allowed (NULL-terminated, may be NULL) are
 * common options handled by the caller.  Returns true when nothing was wrong.
 */
extern bool ash_spec_check(const AshSpec *spec, json_t *node, const char *const *also_allowed,
						   AshErrors *errors);

/* Fill a new struct from a node that passed ash_spec_check. */
extern void *ash_spec_fill(const AshSpec *spec, json_t *node);

/* The option of that name, or NULL. */
extern const AshOpt *ash_spec_option(const AshSpec *spec, const char *name);

/* Is this a possible name of an attribute, action, …?  Adds an error otherwise. */
extern bool ash_spec_check_name(const char *name, AshErrors *errors);

/* Adds the error for a name that is none of candidates: unknown <what> "<name>". */
extern void ash_spec_unknown(const char *what, const char *name, List *candidates,
							 AshErrors *errors);

/* unsupported_options.c: why a known option of the framework is refused, or NULL when it is not
 * known. */
extern const char *ash_spec_unsupported(const char *spec, const char *option);

/* renamed_options.c: an option under another name than today's */
typedef struct AshRenamed
{
	const char *spec;
	const char *option;
	const char *name; /* of the option that is meant, or NULL when there is none */
	const char *hint; /* or NULL */
} AshRenamed;

extern const AshRenamed *ash_spec_renamed(const char *spec, const char *option); /* or NULL */

/* JSON Schema (2020-12) of the spec as a new json_t. */
extern json_t *ash_spec_schema(const AshSpec *spec);

/* The options as a JSON array [{"name","type","required","default","doc"}], a new json_t. */
extern json_t *ash_spec_describe(const AshSpec *spec);

/* One option's JSON Schema, without its description; a new json_t. */
extern json_t *ash_spec_option_schema(const AshOpt *opt);

#endif /* ASH_SPEC_H */
