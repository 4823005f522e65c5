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

/* Called for each instance that is found. */
typedef void (*AshTypeFn)(const AshTypeInst *inst, void *arg);

/* A value of an instance's storage type.  value is 0 when isnull. */
typedef struct AshValue
{
	Datum value;
	bool isnull;
} AshValue;

/*
 * A cast: what the value is for, and where its errors go.  Each becomes one error of
 * code on field, at the current path of errors; inner fields, indexes and vars are
 * added by the type.
 */
typedef struct AshCast
{
	AshErrors *errors;
	/* ASH_E_INVALID_ATTRIBUTE, ASH_E_INVALID_ARGUMENT, … */
	AshErrorCode code;
	const char *field;
	/* cast only, without constraints: for values to compare with */
	bool no_constraints;
	/* the stored value that this one replaces (for embedded resources), or NULL */
	const AshValue *old;
	/* the value must not be shown in a message */
	bool sensitive;
	/* for embedded resources; NULL: a literal of a definition */
	struct AshCall *call;
	/* private to type/: inside the fields of a map */
	bool in_fields;
} AshCast;

/* Constraints of a list. */
typedef struct AshArrayConstraints
{
	AshOptInt min_length;
	AshOptInt max_length;
	bool nil_items;
	bool remove_nil_items;
	/* values that stand for an empty list, as written, or NULL */
	json_t *empty_values;
	/* constraints of the items as written, or NULL */
	json_t *items;
	/* empty_values, prepared; or NULL */
	Jsonb *empty;
} AshArrayConstraints;

/*
 * An instance.  Its contents are fixed once it is compiled, but for what is looked up
 * at the first use: storage that an extension provides, and the FmgrInfos.
 */
struct AshTypeInst
{
	/* of a list: the innermost item's type */
	const AshType *type;
	/* as written: "string", "atom[]", "emb.profile" */
	const char *name;
	/* not NULL: this is a list of item */
	AshTypeInst *item;
	/* of a list, else NULL */
	AshArrayConstraints *array;
	/* the struct that type->constraints fills, or NULL */
	void *constraints;

	/* storage; oid is InvalidOid until its extension exists */
	Oid oid;
	int32 typmod;
	/* to compare with; InvalidOid when not collatable */
	Oid collation;
	int16 typlen;
	bool typbyval;
	char typalign;
	/* schema-qualified SQL name, with and without typmod, for DDL and casts */
	const char *sql;
	const char *sql_base;

	/* caches, filled at the first use */
	struct FmgrInfo *eq;
	bool eq_sought;
	struct FmgrInfo *input;
	Oid typioparam;
	struct FmgrInfo *output;
	/* the output function must run under fixed settings */
	bool special_output;
};

/*
 * A type: one entry of ash_types.  To add one, write its file type_NAME.c, declare the
 * entry in type_internal.h and list it in type_registry.c.
 */
struct AshType
{
	const char *name;
	/* one line for the reference */
	const char *doc;

	/* PostgreSQL type: "text", "timestamptz", … as type_storage.c lists them */
	const char *storage;
	/* that type is one of the extension of its name: "citext", "vector" */
	bool from_extension;

	/* options of the constraints; NULL: the type takes none */
	const AshSpec *constraints;
	/* see ash_type_register_embedded; NULL for all other types */
	bool (*is_name)(const char *name);

	/*
	 * Completes a new instance whose constraints have been filled; may be NULL.  False
	 * after adding errors, at the path of the constraints.  It may set inst->typmod.
	 */
	bool (*prepare)(AshTypeInst *inst, AshErrors *errors);

	/*
	 * Makes a Datum of the storage type from a JSON value that is not null, in
	 * CurrentMemoryContext; it may point into in.  out->isnull is false before; it may
	 * be set.  False for a value that cannot be cast: "is invalid" is added for it,
	 * unless the function has added an error itself and set *reported.  It must not
	 * raise errors for bad values.
	 */
	bool (*cast)(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
				 bool *reported);

	/*
	 * Checks a value that is not null, and may replace it (trimming, rounding), also by
	 * null; may be NULL.  False after adding errors.
	 */
	bool (*constrain)(const AshTypeInst *inst, AshCast *cast, AshValue *value);
	/* cast applies the constraints: constrain is only for computed values */
	bool cast_constrains;

	/*
	 * Appends the JSON text of a value.  It must not depend on settings.  NULL: the
	 * storage is jsonb or text, and is written as it is.
	 */
	void (*write_json)(StringInfo out, const AshTypeInst *inst, Datum value);

	/* an instance that also writes what load names, see ash_type_with_load; may be NULL */
	AshTypeInst *(*with_load)(const AshTypeInst *inst, const JsonbValue *load, struct AshCall *call,
							  AshErrors *errors);

	/* calls fn for the instances inside: members of a union, fields of a map; may be NULL */
	void (*each_inner)(const AshTypeInst *inst, AshTypeFn fn, void *arg);

	/*
	 * SQL conditions of a CHECK constraint, ANDed and palloc'd, for a column that is
	 * quoted already; or NULL when there are none.  They must accept every value that
	 * constrain accepts.  May be NULL.
	 */
	char *(*check_sql)(const AshTypeInst *inst, const char *column);
};

/*-------------------------------------------------------------------------
 * type_registry.c: types by name
 *-------------------------------------------------------------------------
 */

/* All types but those of PostgreSQL and the embedded ones; NULL-terminated. */
extern const AshType *const ash_types[];

/*
 * Compile "string", "string[]", "inet", … with constraints (may be NULL).
 * Faults are added as ASH_E_INVALID_DEFINITION; NULL then.  Result in
 * CurrentMemoryContext; constraints is borrowed.
 */
extern AshTypeInst *ash_type_compile(const char *name, json_t *constraints, AshErrors *errors);

/* A new unconstrained list of item, in CurrentMemoryContext. */
extern AshTypeInst *ash_type_array_of(AshTypeInst *item);

/* An unconstrained instance of a registry type; kept for the life of the backend. */
extern const AshTypeInst *ash_type_plain(const char *name);

/*
 * An unconstrained instance for a PostgreSQL type, as results of expressions have; kept
 * for the life of the backend.
 */
extern const AshTypeInst *ash_type_for_oid(Oid oid);

/*-------------------------------------------------------------------------
 * type_storage.c: the PostgreSQL type that stores it
 *-------------------------------------------------------------------------
 */

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

/*-------------------------------------------------------------------------
 * type_registry.c: embedded resources, which the room action/embedded/ knows
 *-------------------------------------------------------------------------
 */

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

/* True for an embedded resource, and for a type that has one inside. */
extern bool ash_type_has_embedded(const AshTypeInst *inst);

/*
 * Calls fn for inst, when it is embedded, and for all embedded ones inside it; a list of
 * them is one.
 */
extern void ash_type_each_embedded(const AshTypeInst *inst, AshTypeFn fn, void *arg);

/*
 * A copy of inst, in CurrentMemoryContext, whose JSON also has what load names: the
 * calculations of an embedded resource, those of the members of a union.  It lives as
 * long as call.  NULL when the type has nothing to load, or after adding errors.
 */
extern AshTypeInst *ash_type_with_load(const AshTypeInst *inst, const JsonbValue *load,
									   struct AshCall *call, AshErrors *errors);

/*
 * True when a Datum of one type is one of the other as it is.  jsonb that is neither
 * checked nor stored by the same embedded resource, or by a union, is not.
 */
extern bool ash_type_same_form(const AshTypeInst *from, const AshTypeInst *to);

/*-------------------------------------------------------------------------
 * type_cast.c: the pipeline
 *-------------------------------------------------------------------------
 */

/*
 * Cast a JSON value, null included, and apply the constraints; false after adding errors.
 * The result lives in CurrentMemoryContext and may point into in.
 */
extern bool ash_type_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast,
						  AshValue *out);

/* The same for a jansson value (defaults, literals of definitions). */
extern bool ash_type_cast_json(const AshTypeInst *inst, json_t *in, AshCast *cast, AshValue *out);

/*
 * Constraints alone, for a Datum that an expression or a function has computed.  They may
 * replace it.
 */
extern bool ash_type_constrain(const AshTypeInst *inst, AshCast *cast, AshValue *value);

/* A copy in CurrentMemoryContext. */
extern AshValue ash_value_copy(const AshTypeInst *inst, AshValue value);

/* True when both are the same value or both are null. */
extern bool ash_type_equal(const AshTypeInst *inst, const AshValue *a, const AshValue *b);

/* For lists of embedded values, whose type casts them itself: */

/* A PostgreSQL array of n items of that type, in CurrentMemoryContext. */
extern Datum ash_type_build_array(const AshTypeInst *item, const AshValue *items, int n);

/* Items of a list, or of a map with integer keys, palloc'd; -1 when in is neither. */
extern int ash_type_array_items(const JsonbValue *in, JsonbValue **items);

/* True if the input is one of empty_values, which stand for an empty list. */
extern bool ash_type_is_empty_value(const AshTypeInst *inst, const JsonbValue *in,
									const AshCast *cast);

/* min_length and max_length of a list; false after adding errors. */
extern bool ash_type_check_length(const AshTypeInst *inst, int nitems, AshCast *cast);

/*-------------------------------------------------------------------------
 * type_json.c: values as JSON, for callers
 *-------------------------------------------------------------------------
 */

/* As text or jsonb. */
extern void ash_type_put_json(AshJson *json, const AshTypeInst *inst, const AshValue *value);

/* As text. */
extern void ash_type_write_json(StringInfo out, const AshTypeInst *inst, const AshValue *value);

/* Any Datum by its PostgreSQL type, as text; for columns that have no instance. */
extern void ash_write_json_datum(StringInfo out, Oid oid, Datum value, bool isnull);

/*
 * The output function's text, palloc'd.  Of lists, ranges, composites and types of users
 * it is made under fixed settings.
 */
extern char *ash_pg_output(const AshTypeInst *inst, Datum value);

/*-------------------------------------------------------------------------
 * type_in_jsonb.c: values inside a stored jsonb
 *-------------------------------------------------------------------------
 */

/*
 * What is stored as jsonb by itself is kept as it is, everything else as
 * ash_type_put_json writes it.
 */
extern void ash_type_put_stored(AshJson *json, const AshTypeInst *inst, const AshValue *value);

/* The value as it was stored, without constraints; false when it is none of this type. */
extern bool ash_type_read_stored(const AshTypeInst *inst, const JsonbValue *in, AshValue *out);

/*-------------------------------------------------------------------------
 * type_regex.c: regular expressions of constraints and validations
 *-------------------------------------------------------------------------
 */
typedef struct AshRegex
{
	const char *source; /* as written, for messages */
	text *pattern;		/* as PostgreSQL compiles it */
	int cflags;
} AshRegex;

/* In CurrentMemoryContext; NULL after adding an ASH_E_INVALID_DEFINITION. */
extern AshRegex *ash_regex_compile(const char *source, AshErrors *errors);

/* True when the expression matches some part of the text. */
extern bool ash_regex_matches(const AshRegex *regex, const char *s, int len);

#endif /* ASH_TYPE_H */
