/*-------------------------------------------------------------------------
 *
 * src/base/error.h
 *	  Errors of a call: accumulated, classified, rendered, raised once.
 *
 * Everything that can go wrong in a definition or a call is added to an
 * AshErrors; nothing below the API functions raises it.  The API function (or
 * ash_define) raises the whole list with one ereport, whose DETAIL is the JSON
 * object {"class": …, "errors": […]}.
 *
 * An AshErrors and all it points to live in the memory context it was created
 * in, also what the functions below add to it.  AshErrors.path is the current
 * position in the input: it is copied into each error that is added.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_ERROR_H
#define ASH_ERROR_H

#include "compat.h"

#include "base/json_writer.h"
#include "nodes/pg_list.h"

typedef enum AshErrorClass
{
	ASH_CLASS_FORBIDDEN,
	ASH_CLASS_INVALID,
	ASH_CLASS_FRAMEWORK,
	ASH_CLASS_UNKNOWN
} AshErrorClass;

/* One entry for each kind of error; the table in error.c has the same order. */
typedef enum AshErrorCode
{
	ASH_E_REQUIRED,
	ASH_E_INVALID_ATTRIBUTE,
	ASH_E_INVALID_ARGUMENT,
	ASH_E_INVALID_CHANGES,
	ASH_E_INVALID_RELATIONSHIP,
	ASH_E_NO_SUCH_INPUT,
	ASH_E_NO_SUCH_ATTRIBUTE,
	ASH_E_NO_SUCH_RELATIONSHIP,
	ASH_E_NO_SUCH_FIELD,
	ASH_E_NO_SUCH_FILTER_PREDICATE,
	ASH_E_NO_SUCH_FUNCTION,
	ASH_E_NO_SUCH_OPERATOR,
	ASH_E_NO_SUCH_ACTION,
	ASH_E_NO_SUCH_RESOURCE,
	ASH_E_NO_SUCH_OPTION,
	ASH_E_NO_PRIMARY_ACTION,
	ASH_E_NO_READ_ACTION,
	ASH_E_NO_IDENTITY_FOUND,
	ASH_E_INVALID_PRIMARY_KEY,
	ASH_E_INVALID_OPTION,
	ASH_E_INVALID_INPUT,
	ASH_E_INVALID_FILTER_VALUE,
	ASH_E_INVALID_FILTER_REFERENCE,
	ASH_E_INVALID_LIMIT,
	ASH_E_INVALID_OFFSET,
	ASH_E_INVALID_PAGE,
	ASH_E_INVALID_LOAD,
	ASH_E_INVALID_SORT_ORDER,
	ASH_E_INVALID_KEYSET,
	ASH_E_INVALID_QUERY,
	ASH_E_INVALID_EXPRESSION,
	ASH_E_INVALID_CALCULATION_ARGUMENT,
	ASH_E_CALCULATION_REQUIRES_PRIMARY_KEY,
	ASH_E_UNSORTABLE_FIELD,
	ASH_E_MULTIPLE_RESULTS,
	ASH_E_NOT_FOUND,
	ASH_E_STALE_RECORD,
	ASH_E_LIMIT_REQUIRED,
	ASH_E_PAGINATION_REQUIRED,
	ASH_E_ACTION_REQUIRES_PAGINATION,
	ASH_E_NON_COUNTABLE_ACTION,
	ASH_E_NON_STREAMABLE_ACTION,
	ASH_E_NO_MATCHING_BULK_STRATEGY,
	ASH_E_TENANT_REQUIRED,
	ASH_E_ACTION_REQUIRES_ACTOR,
	ASH_E_READ_ACTION_REQUIRES_ACTOR,
	ASH_E_TIMEOUT,
	ASH_E_CONSTRAINT,		  /* a database constraint no definition owns */
	ASH_E_INVALID_DEFINITION, /* ash_define: the document is wrong */
	ASH_E_FORBIDDEN,		  /* denied by policies */
	ASH_E_FORBIDDEN_FIELD,
	ASH_E_CANNOT_FILTER_CREATES,
	ASH_E_DOMAIN_REQUIRES_ACTOR,
	ASH_E_DOMAIN_REQUIRES_AUTHORIZATION,
	ASH_E_INITIAL_DATA_REQUIRED,
	ASH_E_MUST_BE_ATOMIC,
	ASH_E_CAN_NOT_BE_ATOMIC,
	ASH_E_FUNCTION_FAILED, /* a user function gave an unusable result */
	ASH_E_UNKNOWN,
	ASH_E_COUNT /* must be last */
} AshErrorCode;

/* What the registry says about a code; shown in the reference docs. */
typedef struct AshErrorKind
{
	const char *name; /* "required": the "code" of the JSON */
	AshErrorClass error_class;
	int sqlstate;
	const char *doc;
} AshErrorKind;

typedef struct AshErrorVar
{
	const char *name;
	const char *json; /* value as JSON text */
	const char *text; /* value as interpolated into a message */
} AshErrorVar;

typedef struct AshError
{
	AshErrorCode code;
	const char *field; /* or NULL */
	List *fields;	   /* of char *; NIL unless several */
	List *path;		   /* of String and Integer nodes */
	const char *message;
	List *vars;				/* of AshErrorVar * */
	List *did_you_mean;		/* of char * */
	const char *hint;		/* what to do, or NULL */
	bool names_field;		/* the message has the name of the field, or of all fields */
	const char *constraint; /* constraint name for the error report, or NULL */
	int sqlstate;			/* instead of the kind's, or 0 */

	/* of a definition; the message says none of this, what is rendered does */
	List *about;		 /* of char *: entities it refers to, besides the one it is in */
	bool circular;		 /* an entity refers to itself */
	int position;		 /* character of the expression, from 1, or 0 */
	const char *pointer; /* place in the document, or NULL when it is not known */
	int line;			 /* of that place, from 1, or 0 */
	int column;
} AshError;

/* At most so many faults of a document are reported in full. */
#define ASH_MAX_FAULTS 1000

typedef struct AshErrors
{
	MemoryContext cxt;
	List *items; /* of AshError *, in order of addition */
	List *path;	 /* current position, of String and Integer nodes */
	int dropped; /* of a definition: errors that the last item only counts */
} AshErrors;

/* printf into a new buffer, from a variadic function whose last named argument is fmt. */
#define ASH_FORMAT(buf, fmt)                               \
	do                                                     \
	{                                                      \
		initStringInfo(buf);                               \
		for (;;)                                           \
		{                                                  \
			va_list args_;                                 \
			int needed_;                                   \
                                                           \
			va_start(args_, fmt);                          \
			needed_ = appendStringInfoVA(buf, fmt, args_); \
			va_end(args_);                                 \
			if (needed_ == 0)                              \
				break;                                     \
			enlargeStringInfo(buf, needed_);               \
		}                                                  \
	} while (0)

/*-------------------------------------------------------------------------
 * error.c: kinds, and adding errors
 *-------------------------------------------------------------------------
 */

extern const AshErrorKind ash_error_kinds[ASH_E_COUNT];

static inline const AshErrorKind *
ash_error_kind(AshErrorCode code)
{
	return &ash_error_kinds[code];
}

/* The AshErrorCode of a kind's name, or -1. */
extern int ash_error_code(const char *name);

/* An empty list, in cxt. */
extern AshErrors *ash_errors_create(MemoryContext cxt);

static inline bool
ash_errors_any(const AshErrors *errors)
{
	return errors->items != NIL;
}

/*
 * True when there are ASH_MAX_FAULTS errors or more.  Suggestions, which cost the most, need
 * not be computed for further ones.
 */
static inline bool
ash_errors_full(const AshErrors *errors)
{
	return list_length(errors->items) >= ASH_MAX_FAULTS;
}

/* Forget all errors after the first count. */
static inline void
ash_errors_truncate(AshErrors *errors, int count)
{
	errors->items = list_truncate(errors->items, count);
}

/*
 * Add an error at the current path.  field may be NULL; fmt may be NULL when the
 * caller sets the message itself (after adding vars).  Returns the error, whose
 * other members the caller may set, allocated in errors->cxt.
 */
extern AshError *ash_error_add(AshErrors *errors, AshErrorCode code, const char *field,
							   const char *fmt, ...) pg_attribute_printf(4, 5);

/* Add a fault of a definition, at the member option of the current path unless that is NULL. */
extern AshError *ash_error_definition(AshErrors *errors, const char *option, const char *fmt, ...)
	pg_attribute_printf(3, 4);

/*
 * Add an error of a definition about name, which is none of candidates (char *), at the current
 * path or, when it is given, at an option below it: with suggestions, and name as what it is
 * about.  The message must say the name.
 */
extern AshError *ash_error_unknown(AshErrors *errors, const char *option, const char *name,
								   List *candidates, const char *fmt, ...)
	pg_attribute_printf(5, 6);
/* Note that an error of a definition refers to the entity of that name; returns the error. */
extern AshError *ash_error_about(AshErrors *errors, AshError *error, const char *name);
/* Say what to do about an error (NULL: nothing); hint is copied.  Returns the error. */
extern AshError *ash_error_hint(AshErrors *errors, AshError *error, const char *hint);
/* Say where in the text of a document an error is. */
extern void ash_error_place(AshErrors *errors, AshError *error, const char *pointer, int line,
							int column);
/*
 * Copies into errors->cxt what the errors refer to: at the end of a nested call whose errors live
 * longer than itself.
 */
extern void ash_errors_own(AshErrors *errors);

/* Append an error that was allocated in errors->cxt by the caller. */
static inline void
ash_error_append(AshErrors *errors, AshError *error)
{
	MemoryContext old = MemoryContextSwitchTo(errors->cxt);

	errors->items = lappend(errors->items, error);
	MemoryContextSwitchTo(old);
}

/*
 * Move the current position to a member of it, to an item of it (name is NULL), and back.
 * name is copied.
 */
extern void ash_errors_push(AshErrors *errors, const char *name, int index);

static inline void
ash_errors_push_name(AshErrors *errors, const char *name)
{
	ash_errors_push(errors, name, 0);
}

static inline void
ash_errors_push_index(AshErrors *errors, int index)
{
	ash_errors_push(errors, NULL, index);
}

static inline void
ash_errors_pop(AshErrors *errors)
{
	Assert(errors->path != NIL);
	errors->path = list_delete_last(errors->path);
}

/*
 * Move all of from to the end of to, in whose context they must be: with to's current
 * path in front of theirs, or with their paths as they are.
 */
extern void ash_errors_move(AshErrors *to, AshErrors *from);
extern void ash_errors_append_all(AshErrors *to, AshErrors *from);

/*
 * Vars: the facts of an error, shown as "vars" of its JSON and interpolated as %{name} into
 * its message: a text without quotes; a number; a JSON value as it is written, strings with
 * their quotes and null as nil.
 */
extern void ash_error_var_text(AshErrors *errors, AshError *error, const char *name,
							   const char *value);
extern void ash_error_var_int(AshErrors *errors, AshError *error, const char *name, int64 value);
extern void ash_error_var_json(AshErrors *errors, AshError *error, const char *name,
							   const char *json);

/*
 * The message with what an error of a definition says besides: the character of the expression
 * and the best suggestion.
 */
extern const char *ash_error_text(const AshError *error);

/*
 * The message with each %{name} replaced by the var of that name; one without a var stays.
 * palloc'd in CurrentMemoryContext.
 */
extern char *ash_error_interpolate(const char *message, List *vars);

/* A name of the caller's as a message may show it: at most some 80 bytes of whole characters. */
extern const char *ash_clip(const char *name);

/*-------------------------------------------------------------------------
 * error_render.c: JSON, message, ereport
 *-------------------------------------------------------------------------
 */

/* The members "class" and "errors", into an object that the caller has begun. */
extern void ash_put_errors(AshJson *json, const AshErrors *errors);
/* The list of errors alone. */
extern void ash_put_error_list(AshJson *json, const AshErrors *errors);
/* {"class": …, "errors": […]}, appended. */
extern void ash_errors_json(StringInfo out, const AshErrors *errors);
/* All messages in one line; clipped when there are many.  palloc'd. */
extern char *ash_errors_message(const AshErrors *errors);
/* Raise all of them as one error; there must be at least one. */
ASH_NORETURN extern void ash_errors_throw(const AshErrors *errors);

/*-------------------------------------------------------------------------
 * suggest.c
 *-------------------------------------------------------------------------
 */

/* The candidates (char *) that are near to word, best first; NIL when none is. */
extern List *ash_suggest(const char *word, List *candidates);

/* The best of them, or NULL. */
static inline const char *
ash_suggest_one(const char *word, List *candidates)
{
	List *near = ash_suggest(word, candidates);

	return near == NIL ? NULL : (const char *) linitial(near);
}

#endif /* ASH_ERROR_H */
