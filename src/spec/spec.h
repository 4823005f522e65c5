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

#include "base/error.h"
#include "base/jansson_compat.h"
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
#define ASH_OPT_STAR 0x04	  /* ASH_OPT_NAMES: "*" is allowed alone or among the names */
#define ASH_OPT_UNFILLED 0x08 /* checked but not filled: its reader looks into the document */
#define ASH_OPT_COUNT 0x10	  /* ASH_OPT_INT: 0 or more */

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
	const AshOpt *options; /* terminated by a NULL name */
	const char *shorthand; /* option that a bare scalar or list stands for, or NULL */
	const char *doc;
};

#define ASH_OPT_END                                      \
	{                                                    \
		NULL, ASH_OPT_BOOL, 0, 0, NULL, NULL, NULL, NULL \
	}

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

/* Adds "unknown <what> "<name>"; did you mean …?" */
extern void ash_spec_unknown(const char *what, const char *name, List *candidates,
							 AshErrors *errors);

/* unsupported_options.c: why a known option of the framework is refused, or NULL when it is not
 * known. */
extern const char *ash_spec_unsupported(const char *spec, const char *option);

/* JSON Schema (2020-12) of the spec as a new json_t. */
extern json_t *ash_spec_schema(const AshSpec *spec);

/* The options as a JSON array [{"name","type","required","default","doc"}], a new json_t. */
extern json_t *ash_spec_describe(const AshSpec *spec);

/* One option's JSON Schema, without its description; a new json_t. */
extern json_t *ash_spec_option_schema(const AshOpt *opt);

/* document_json.c: jansson at arm's length */

/*
 * Parse len bytes in the server's encoding; the strings of the result are in it
 * too.  A fault (syntax, a key twice, a number that cannot be kept exactly) is
 * added with line and column; NULL then.  With errors NULL the text is trusted:
 * it was dumped by us, and a fault is an internal error.
 */
extern json_t *ash_json_parse(const char *text, size_t len, AshErrors *errors);

/* "an object", "a string" …: what a node is, for messages. */
extern const char *ash_json_kind(const json_t *node);

/* A string or a list of strings as a List of palloc'd char *. */
extern List *ash_json_names(const json_t *node);

/* Decref json when cxt is reset or deleted. */
extern json_t *ash_json_own(MemoryContext cxt, json_t *json);

/*
 * Put value, whose reference is taken, under key.  Texts of documents are in the server's
 * encoding, so jansson must not check them for UTF-8.
 */
extern void ash_json_set(json_t *object, const char *key, json_t *value);

/* Compact or indented text, palloc'd.  Key order is kept. */
extern char *ash_json_dump(const json_t *json, bool indent);

/*
 * document_position.c: line and column (from 1) of the node at path in a valid JSON text: of
 * the key for a member of an object.  False when there is no such node.
 */
extern bool ash_json_locate(const char *text, size_t len, List *path, int *line, int *column);

/* Adds an error for each number that a double would change; text is valid JSON. */
extern bool ash_json_check_numbers(const char *text, size_t len, AshErrors *errors);

/* JSON Pointer (RFC 6901) of a path, palloc'd. */
extern char *ash_json_pointer(List *path);

#endif /* ASH_SPEC_H */
