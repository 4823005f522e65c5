/*-------------------------------------------------------------------------
 *
 * src/type/type.h
 *	  Types: what a value may be, how input becomes a Datum, how a Datum
 *	  becomes JSON.
 *
 * An AshType is a registry entry (string, integer, atom, …).  An AshTypeInst is
 * an entry with its constraints, resolved to the PostgreSQL type that stores
 * it; attributes, arguments, calculations and expressions point to one.
 * Instances are immutable once compiled and live as long as their resource.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ASH_TYPE_H
#define ASH_TYPE_H

#include "compat.h"

#include "base/error.h"
#include "base/json_writer.h"
#include "base/jsonb_access.h"
#include "base/unicode.h"
#include "spec/spec.h"

typedef struct AshType AshType;
typedef struct AshTypeInst AshTypeInst;
struct AshCall; /* call/call.h; types only carry it */

/* What is done with each instance that is found. */
typedef void (*AshTypeFn)(const AshTypeInst *inst, void *arg);

typedef struct AshValue
{
	Datum value;
	bool isnull;
} AshValue;

/*
 * Where cast errors go.  Each becomes one error of the given code on the given
 * field; inner fields, indexes and vars are added by the type (spec section 2).
 */
typedef struct AshCast
{
	AshErrors *errors;
	AshErrorCode code; /* ASH_E_INVALID_ATTRIBUTE, ASH_E_INVALID_ARGUMENT, … */
	const char *field;
	bool no_constraints;  /* cast only: filter values */
	const AshValue *old;  /* stored value on update (embedded, unions), or NULL */
	bool sensitive;		  /* the value must not be shown in a message */
	struct AshCall *call; /* for embedded resources; NULL: a literal of a definition */
	bool in_fields;		  /* private to type/: inside the fields of a map */
} AshCast;

/* Array constraints (spec 2.5). */
typedef struct AshArrayConstraints
{
	AshOptInt min_length;
	AshOptInt max_length;
	bool nil_items;
	bool remove_nil_items;
	json_t *empty_values; /* for forms; NULL means [""] */
	json_t *items;		  /* constraints of the items as written, or NULL */
} AshArrayConstraints;

struct AshTypeInst
{
	const AshType *type;		/* the item's type for arrays */
	const char *name;			/* as written: "string", "atom[]", "emb.profile" */
	AshTypeInst *item;			/* not NULL: this is an array of item */
	AshArrayConstraints *array; /* not NULL for arrays */
	void *constraints;			/* filled struct of type->constraints, or NULL */

	/* storage */
	Oid oid;
	int32 typmod;
	Oid collation; /* to compare with; InvalidOid when not collatable */
	int16 typlen;
	bool typbyval;
	char typalign;
	const char *sql;		 /* schema-qualified SQL name with typmod, for DDL and casts */
	const char *sql_base;	 /* the same without typmod */
	struct FmgrInfo *eq;	 /* see ash_type_eq */
	bool eq_sought;			 /* eq is what there is */
	struct FmgrInfo *input;	 /* input function, initialised lazily */
	struct FmgrInfo *output; /* output function, initialised lazily */
	Oid typioparam;
	bool special_output; /* output depends on settings: see type_postgres.c */
};

/*
 * A type.  cast gets a non-null JSON value and produces a Datum of storage type
 * or returns false without adding an error ("is invalid" is added for it) or
 * after adding one (then it sets *reported).  constrain may replace the value.
 */
struct AshType
{
	const char *name;
	const char *doc;
	const char *storage;			   /* PostgreSQL type: "text", "citext", "timestamptz" … */
	bool from_extension;			   /* that type is one of the extension of its name */
	const AshSpec *constraints;		   /* NULL: takes none */
	bool (*is_name)(const char *name); /* see ash_type_register_embedded; else NULL */
	bool (*prepare)(AshTypeInst *inst, AshErrors *errors);
	bool (*cast)(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
				 bool *reported);
	bool (*constrain)(const AshTypeInst *inst, AshCast *cast, AshValue *value);
	bool cast_constrains; /* cast has already applied the constraints */
	/* appends JSON text; NULL: the storage is jsonb or text, and is written as it is */
	void (*write_json)(StringInfo out, const AshTypeInst *inst, Datum value);
	/* an instance that also writes what load names; see ash_type_with_load */
	AshTypeInst *(*with_load)(const AshTypeInst *inst, const JsonbValue *load, struct AshCall *call,
							  AshErrors *errors);
	/* the instances inside: members of a union, fields of a map; NULL when there are none */
	void (*each_inner)(const AshTypeInst *inst, AshTypeFn fn, void *arg);
	/* CHECK conditions for the column, ANDed; column is already quoted. NULL: none */
	char *(*check_sql)(const AshTypeInst *inst, const char *column);
	/* JSON Schema of the constraints comes from the spec */
};

/* type_registry.c */
extern const AshType *const ash_types[]; /* NULL-terminated */

/*
 * Compile "string", "string[]", "inet", … with constraints (may be NULL).
 * Faults are added as ASH_E_INVALID_DEFINITION; NULL then.  Result in
 * CurrentMemoryContext; constraints is borrowed.
 */
extern AshTypeInst *ash_type_compile(const char *name, json_t *constraints, AshErrors *errors);

/*
 * Storage that an extension provides (citext, vector) may not exist yet when a
 * document is compiled: the migration creates the extension.  Until then oid is
 * InvalidOid and sql is the bare name.  This tries again, completing inst; false when
 * the type is still missing.  ash_type_cast calls it itself; whoever uses oid, sql or
 * eq before the table exists (the schema planner) calls it after creating the
 * extension.
 */
extern bool ash_type_resolve_storage(const AshTypeInst *inst);

/* The extension that has to be created for the type, or NULL. */
static inline const char *
ash_type_extension(const AshTypeInst *inst)
{
	return inst->type->from_extension ? inst->type->storage : NULL;
}

/*
 * The operators of the storage type, looked up when first used: few values are compared.
 * True when it has a btree operator class; the function of =, or NULL when it has none.
 */
extern bool ash_type_orderable(const AshTypeInst *inst);
extern struct FmgrInfo *ash_type_eq(const AshTypeInst *inst);

/* A new unconstrained array instance of item, in CurrentMemoryContext. */
extern AshTypeInst *ash_type_array_of(AshTypeInst *item);

/*
 * Registers the type of embedded resources, at the start of the library.  Its entry
 * is an ordinary one, except that
 *
 * - is_name tells which names it has: those of the embedded resources.  prepare gets
 *   it as inst->name; it must not look at the resource, which may be the one that is
 *   being compiled.
 * - cast does the whole pipeline, of a value or, when inst->item is set, of a list of
 *   them, JSON null included.  It adds its own errors.
 */
extern void ash_type_register_embedded(const AshType *type);

/* True for an embedded resource and for an array of it. */
static inline bool
ash_type_is_embedded(const AshTypeInst *inst)
{
	return inst->type->is_name != NULL;
}

/* The name of the resource: inst is embedded. */
static inline const char *
ash_type_embedded_name(const AshTypeInst *inst)
{
	while (inst->item != NULL)
		inst = inst->item;
	return inst->name;
}

/*
 * A copy of inst, in CurrentMemoryContext, whose JSON also has what load names: the
 * calculations of an embedded resource, those of the members of a union.  It lives as
 * long as call, an AshCall.  NULL when the type has nothing to load.
 */
extern AshTypeInst *ash_type_with_load(const AshTypeInst *inst, const JsonbValue *load,
									   struct AshCall *call, AshErrors *errors);
extern bool ash_type_has_embedded(const AshTypeInst *inst); /* it or a type inside it */
/*
 * Is a Datum of one type one of the other as it stands?  jsonb that is neither checked
 * nor stored by the same embedded resource, or by a union, is not.
 */
extern bool ash_type_same_form(const AshTypeInst *from, const AshTypeInst *to);
/* fn for inst, when it is embedded, and for all embedded ones inside it (lists as a whole). */
extern void ash_type_each_embedded(const AshTypeInst *inst, AshTypeFn fn, void *arg);

/* An unconstrained instance for a PostgreSQL type (results of expressions); cached per backend. */
extern const AshTypeInst *ash_type_for_oid(Oid oid);

/* An unconstrained instance of a registry type; cached per backend. */
extern const AshTypeInst *ash_type_plain(const char *name);

/* type_cast.c: the pipeline of spec 2.1; false after adding errors.  in may be a JSON null. */
extern bool ash_type_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast,
						  AshValue *out);

/* The same for a jansson value (defaults, literals of definitions). */
extern bool ash_type_cast_json(const AshTypeInst *inst, json_t *in, AshCast *cast, AshValue *out);

/* Constraints alone, for a Datum computed by an expression or a function. */
extern bool ash_type_constrain(const AshTypeInst *inst, AshCast *cast, AshValue *value);

/* A copy in CurrentMemoryContext. */
extern AshValue ash_value_copy(const AshTypeInst *inst, AshValue value);

extern bool ash_type_equal(const AshTypeInst *inst, const AshValue *a, const AshValue *b);

/* type_array.c: for embedded arrays, which do their own casting */
/* A PostgreSQL array of n items of that type, in CurrentMemoryContext. */
extern Datum ash_type_build_array(const AshTypeInst *item, const AshValue *items, int n);
/* Items of a list, or of a map with integer keys; -1 when in is neither. */
extern int ash_type_array_items(const JsonbValue *in, JsonbValue **items);
/* min_length and max_length; false after adding errors. */
extern bool ash_type_check_length(const AshTypeInst *inst, int nitems, AshCast *cast);

/*
 * type_in_jsonb.c: values inside a stored jsonb.  What is stored as jsonb by itself is
 * kept as it is, everything else as ash_type_put_json writes it.
 */
extern void ash_type_put_stored(AshJson *json, const AshTypeInst *inst, const AshValue *value);
/* The value as it was stored, without its pipeline; false when it is none of this type. */
extern bool ash_type_read_stored(const AshTypeInst *inst, const JsonbValue *in, AshValue *out);

/* type_regex.c: regular expressions of constraints and validations */
typedef struct AshRegex
{
	const char *source; /* as written, for messages */
	text *pattern;		/* as PostgreSQL compiles it */
	int cflags;
} AshRegex;

/* NULL after adding an ASH_E_INVALID_DEFINITION; in CurrentMemoryContext. */
extern AshRegex *ash_regex_compile(const char *source, AshErrors *errors);
extern bool ash_regex_matches(const AshRegex *regex, const char *s, int len);

/* type_json.c: values as JSON, for callers */
extern void ash_type_put_json(AshJson *json, const AshTypeInst *inst, const AshValue *value);
/* The same, appended as text. */
extern void ash_type_write_json(StringInfo out, const AshTypeInst *inst, const AshValue *value);
/* Any Datum by its PostgreSQL type, as text; used for columns that have no instance. */
extern void ash_write_json_datum(StringInfo out, Oid oid, Datum value, bool isnull);
/* the output function's text; of lists, ranges and composites under settings of our own choice */
extern char *ash_pg_output(const AshTypeInst *inst, Datum value);

#endif /* ASH_TYPE_H */
