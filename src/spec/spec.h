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
 * copy what they need, except ASH_OPT_VALUE and ASH_OPT_JSON, which borrow the
 * json_t: the caller keeps the tree alive (ash_json_own ties it to a memory
 * context).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_SPEC_H
#define ASH_SPEC_H

#include "compat.h"

#include "base/document.h"
#include "base/error.h"
#include "nodes/pg_list.h"

/* What an option takes, and the C type of the member that it fills. */
typedef enum AshOptKind
{
	/* bool */
	ASH_OPT_BOOL,
	/* AshOptInt */
	ASH_OPT_INT,
	/* const char *: the number as written */
	ASH_OPT_NUMBER,
	/* const char *; never empty when ASH_OPT_NONEMPTY */
	ASH_OPT_STRING,
	/* const char *: an identifier, 1 to 63 bytes */
	ASH_OPT_NAME,
	/*
	 * int or an enum whose members are the indexes of choices.  An option without default
	 * that is absent is -1: such an enum needs a member of that value.
	 */
	ASH_OPT_ENUM,
	/* List of char *; one string is a list of one */
	ASH_OPT_NAMES,
	/* json_t *: literal or template {"arg"|"actor"|"context"|"tenant"|"expr"} */
	ASH_OPT_VALUE,
	/* const char *: expression source */
	ASH_OPT_EXPR,
	/* json_t *: anything, checked by its reader */
	ASH_OPT_JSON,
	/* pointer to a struct that AshOpt.fields describes; NULL when absent */
	ASH_OPT_OBJECT,
	/* List of such structs; one object is a list of one */
	ASH_OPT_LIST
} AshOptKind;

/* AshOpt.flags */
#define ASH_OPT_REQUIRED 0x01
/* of STRING, NAMES and LIST: must not be empty */
#define ASH_OPT_NONEMPTY 0x02
/* of NAMES: "*" is allowed alone or among the names */
#define ASH_OPT_STAR 0x04
/* of INT: 0 or more */
#define ASH_OPT_COUNT 0x08

/* An integer that may be absent. */
typedef struct AshOptInt
{
	bool set;
	int64 value;
} AshOptInt;

typedef struct AshSpec AshSpec;

/* One option.  Made by ASH_OPTION and ASH_OPTION_CHECKED. */
typedef struct AshOpt
{
	const char *name;
	AshOptKind kind;
	/* checked only: its reader looks into the document */
	bool unfilled;
	/* of the member in the struct of the spec */
	size_t offset;
	uint32 flags;
	/* default as JSON text, or NULL */
	const char *dflt;
	/*
	 * Of ENUM, or of STRING: what it may be, NULL-terminated.  A JSON boolean matches the
	 * choices "true" and "false".
	 */
	const char *const *choices;
	/* of OBJECT and LIST */
	const AshSpec *fields;
	/* one line for the reference, or NULL */
	const char *doc;
} AshOpt;

/* A table of options.  Made by ASH_SPEC and ASH_SPEC_CHECKED. */
struct AshSpec
{
	/* "attribute", "string_length" */
	const char *name;
	/* of the struct; 0 when the spec only checks */
	size_t size;
	/* terminated by ASH_OPT_END */
	const AshOpt *options;
	/* option that a bare scalar or list gives, or NULL */
	const char *shorthand;
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

/*-------------------------------------------------------------------------
 * spec.c: checking and filling
 *-------------------------------------------------------------------------
 */

/*
 * Check node against spec; every fault becomes an ASH_E_INVALID_DEFINITION at
 * the current path.  Keys in also_allowed (NULL-terminated, may be NULL) are
 * common options handled by the caller.  Returns true when nothing was wrong.
 */
extern bool ash_spec_check(const AshSpec *spec, json_t *node, const char *const *also_allowed,
						   AshErrors *errors);

/*
 * A new struct, filled from a node that passed ash_spec_check: in CurrentMemoryContext,
 * of spec->size bytes.  Members of VALUE and JSON point into node; keys that are no
 * options are ignored.
 */
extern void *ash_spec_fill(const AshSpec *spec, json_t *node);

/* The option of that name, or NULL. */
extern const AshOpt *ash_spec_option(const AshSpec *spec, const char *name);

/* True for a possible name of an attribute, action, …; false after adding an error. */
extern bool ash_spec_check_name(const char *name, AshErrors *errors);

/* Adds the error unknown WHAT "NAME", with suggestions from candidates (char *). */
extern void ash_spec_unknown(const char *what, const char *name, List *candidates,
							 AshErrors *errors);

/*
 * unsupported_options.c: why a known option of the framework is refused, or NULL when it
 * is not known.
 */
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

/*-------------------------------------------------------------------------
 * spec_describe.c: JSON Schema and reference; the results are new json_t
 *-------------------------------------------------------------------------
 */

/* JSON Schema (2020-12) of the spec. */
extern json_t *ash_spec_schema(const AshSpec *spec);

/* That of one option, without its description. */
extern json_t *ash_spec_option_schema(const AshOpt *opt);

/* The options as a JSON array [{"name","type","required","default","doc"}]. */
extern json_t *ash_spec_describe(const AshSpec *spec);

#endif /* ASH_SPEC_H */
