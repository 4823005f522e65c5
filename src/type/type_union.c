/*-------------------------------------------------------------------------
 *
 * src/type/type_union.c
 *	  union: a value of one of several named types.
 *
 * Members are tried in declared order.  One with a tag is chosen by the tag alone,
 * and its errors are then final; one without is chosen when the value casts and
 * satisfies its constraints.  Stored as {"type": name, "value": value}, or as the
 * bare object when all members carry a tag and the storage is map_with_tag.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "miscadmin.h"
#include "utils/builtins.h"

typedef struct Member
{
	const char *name;
	AshTypeInst *type;
	const char *type_name;
	json_t *constraints;
	const char *tag;
	json_t *tag_value;
	bool cast_tag;
	const char *tag_text; /* tag_value as text; NULL when it is null */
} Member;

typedef enum UnionStorage
{
	STORAGE_TYPE_AND_VALUE,
	STORAGE_MAP_WITH_TAG
} UnionStorage;

static const char *const storage_names[] = { "type_and_value", "map_with_tag", NULL };

typedef struct UnionConstraints
{
	json_t *types; /* name → member */
	int storage;
	List *members; /* of Member *, in declared order */
} UnionConstraints;

static const AshOpt member_options[] = {
	ASH_OPTION(Member, "type", STRING, type_name, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
			   .doc = "Type of the member."),
	ASH_OPTION(Member, "constraints", JSON, constraints, .doc = "Constraints of that type."),
	ASH_OPTION(Member, "tag", STRING, tag, .flags = ASH_OPT_NONEMPTY,
			   .doc = "Key of the object whose value determines the member."),
	ASH_OPTION(Member, "tag_value", JSON, tag_value, .doc = "What the tag is for this member."),
	ASH_OPTION(Member, "cast_tag", BOOL, cast_tag, .dflt = "true",
			   .doc = "Whether the tag stays in the object."),
	ASH_OPT_END
};

static const AshSpec member_spec = ASH_SPEC("union_member", Member, member_options,
											.shorthand = "type", .doc = "A member of a union.");

static const AshOpt union_options[] = {
	ASH_OPTION(UnionConstraints, "types", JSON, types, .flags = ASH_OPT_REQUIRED,
			   .doc = "Members by name, in the order in which they are tried."),
	ASH_OPTION(UnionConstraints, "storage", ENUM, storage, .dflt = "\"type_and_value\"",
			   .choices = storage_names,
			   .doc = "What is stored: the member's name and value, or the object itself."),
	ASH_OPT_END
};

static const AshSpec union_spec =
	ASH_SPEC("union", UnionConstraints, union_options, .doc = "The members of a union.");

/*
 * The tag of the bare object determines its member: one key for all members, and it must stay
 * in the value.
 */
static bool
check_map_with_tag(const Member *member, const Member *first, AshErrors *errors)
{
	const char *fault = NULL;

	if (member->tag == NULL || member->tag_text == NULL)
		fault = "storage map_with_tag needs a tag and a tag_value for each type";
	else if (first != NULL && strcmp(first->tag, member->tag) != 0)
		fault = "storage map_with_tag needs the same tag for each type";
	else if (!member->cast_tag)
		fault = "storage map_with_tag needs the tag in the value: \"cast_tag\" cannot be false";
	if (fault != NULL)
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "%s", fault);
	return fault == NULL;
}

/* Text that a tag is compared by; NULL for null. */
static const char *
tag_text(json_t *value)
{
	JsonbValue jv;

	if (value == NULL)
		return NULL;
	ash_jsonb_value_from_jsonb(ash_jsonb_from_json(value), &jv);
	return ash_jsonb_value_text(&jv);
}

/* NULL after adding errors. */
static Member *
compile_member(const char *name, json_t *node, const UnionConstraints *c, AshErrors *errors)
{
	Member *member;

	if (!ash_spec_check(&member_spec, node, NULL, errors))
		return NULL;
	member = ash_spec_fill(&member_spec, node);
	member->name = pstrdup(name);
	member->tag_text = tag_text(member->tag_value);
	if (c->storage == STORAGE_MAP_WITH_TAG &&
		!check_map_with_tag(member, c->members ? linitial(c->members) : NULL, errors))
		return NULL;
	member->type = ash_type_compile(member->type_name, member->constraints, errors);
	return member->type ? member : NULL;
}

/* The members in the order of the definition, which is the order in which they are tried. */
static bool
union_prepare(AshTypeInst *inst, AshErrors *errors)
{
	UnionConstraints *c = inst->constraints;
	const char *name;
	json_t *node;
	bool ok = true;

	ash_errors_push_name(errors, "types");
	if (!json_is_object(c->types) || json_object_size(c->types) == 0)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "types must be an object with at least one type");
		ok = false;
	}
	json_object_foreach (c->types, name, node)
	{
		Member *member;

		ash_errors_push_name(errors, name);
		member = compile_member(name, node, c, errors);
		ash_errors_pop(errors);
		if (member != NULL)
			c->members = lappend(c->members, member);
		else
			ok = false;
	}
	ash_errors_pop(errors);
	return ok;
}

/* The member of that name, or NULL. */
static const Member *
find_member(const UnionConstraints *c, const JsonbValue *name)
{
	ListCell *lc;

	foreach (lc, c->members)
	{
		const Member *member = lfirst(lc);

		if (name->type == jbvString && name->val.string.len == strlen(member->name) &&
			memcmp(name->val.string.val, member->name, name->val.string.len) == 0)
			return member;
	}
	return NULL;
}

/* A missing tag is a null one. */
static bool
tag_matches(const Member *member, JsonbContainer *object)
{
	JsonbValue value;
	char *text;

	if (getKeyJsonValueFromContainer(object, member->tag, strlen(member->tag), &value) == NULL ||
		value.type == jbvNull)
		return member->tag_text == NULL;
	if (member->tag_text == NULL || value.type == jbvBinary)
		return false;
	text = ash_jsonb_value_text(&value);
	return strcmp(text, member->tag_text) == 0;
}

/* The member and inner value of a stored one; NULL when it is none of this union. */
static const Member *
stored_member(const UnionConstraints *c, Jsonb *stored, JsonbValue *value)
{
	JsonbValue name;
	ListCell *lc;

	if (!JB_ROOT_IS_OBJECT(stored))
		return NULL;
	if (c->storage == STORAGE_TYPE_AND_VALUE)
	{
		if (!ash_jsonb_get(stored, "type", 4, &name) || !ash_jsonb_get(stored, "value", 5, value))
			return NULL;
		return find_member(c, &name);
	}
	foreach (lc, c->members)
		if (tag_matches(lfirst(lc), &stored->root))
		{
			ash_jsonb_value_from_jsonb(stored, value);
			return lfirst(lc);
		}
	return NULL;
}

/* The two forms of a union, its value put by put. */
static void
put_member(AshJson *json, const UnionConstraints *c, const Member *member, const AshValue *value,
		   void (*put)(AshJson *json, const AshTypeInst *inst, const AshValue *value))
{
	if (c->storage == STORAGE_MAP_WITH_TAG)
	{
		put(json, member->type, value);
		return;
	}
	ash_put_object(json);
	ash_put_string(ash_put_key(json, "type"), member->name);
	put(ash_put_key(json, "value"), member->type, value);
	ash_put_end_object(json);
}

/* What is stored, a jsonb. */
static Datum
store(const UnionConstraints *c, const Member *member, const AshValue *value)
{
	AshJson json = ash_json_to_jsonb();

	put_member(&json, c, member, value, ash_type_put_stored);
	return JsonbPGetDatum(ash_json_result(&json));
}

/*-------------------------------------------------------------------------
 * Cast
 *-------------------------------------------------------------------------
 */

/* The stored value's own member and value, for embedded members. */
typedef struct OldMember
{
	const Member *member; /* or NULL */
	AshValue value;
} OldMember;

/*
 * The member and value of the stored row, for embedded members, whose update and destroy
 * actions need it.
 */
static void
find_old(const UnionConstraints *c, const AshCast *cast, OldMember *old)
{
	JsonbValue value;

	memset(old, 0, sizeof(*old));
	if (cast->old == NULL || cast->old->isnull)
		return;
	old->member = stored_member(c, DatumGetJsonbP(cast->old->value), &value);
	if (old->member == NULL || !ash_type_is_embedded(old->member->type))
		return;
	if (!ash_type_read_stored(old->member->type, &value, &old->value))
		old->member = NULL;
}

/*
 * When another member takes over, an embedded old value is cast to null, which runs its
 * destroy action. False after adding errors.
 */
static bool
release_old(const OldMember *old, const Member *chosen, AshCast *cast)
{
	AshCast inner = *cast;
	JsonbValue null = { .type = jbvNull };
	AshValue ignored;

	if (old->member == NULL || old->member == chosen || old->value.isnull ||
		!ash_type_is_embedded(old->member->type))
		return true;
	inner.old = &old->value;
	return ash_type_cast(old->member->type, &null, &inner, &ignored);
}

/* The whole pipeline of the member's type, then the form that is stored. */
static bool
cast_member(const UnionConstraints *c, const Member *member, const JsonbValue *in, AshCast *cast,
			const OldMember *old, AshValue *out)
{
	AshCast inner = *cast;
	AshValue value;

	inner.no_constraints = false;
	inner.old = old->member == member && ash_type_is_embedded(member->type) ? &old->value : NULL;
	if (!ash_type_cast(member->type, in, &inner, &value))
		return false;
	out->value = store(c, member, &value);
	out->isnull = false;
	return true;
}

/* The object without the tag, when the member does not want it. */
static const JsonbValue *
without_tag(const Member *member, const JsonbValue *in, JsonbValue *buffer)
{
	Jsonb *jsonb;
	Datum result;

	if (member->cast_tag)
		return in;
	jsonb = ash_jsonb_from_value(in);
	result = DirectFunctionCall2(jsonb_delete, JsonbPGetDatum(jsonb),
								 PointerGetDatum(cstring_to_text(member->tag)));
	ash_jsonb_value_from_jsonb(DatumGetJsonbP(result), buffer);
	return buffer;
}

/* The messages of an untagged member that did not fit. */
static char *
reasons(const AshErrors *errors)
{
	StringInfoData buf;
	ListCell *lc;

	initStringInfo(&buf);
	foreach (lc, errors->items)
		appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", ((AshError *) lfirst(lc))->message);
	return buf.data;
}

typedef enum Attempt
{
	ATTEMPT_OK,
	ATTEMPT_FAILED,	 /* with errors added: final */
	ATTEMPT_NO_MATCH /* *reason says why */
} Attempt;

/* A member with a tag is chosen by the tag alone, and its errors are final. */
static Attempt
try_member(const UnionConstraints *c, const Member *member, const JsonbValue *in, AshCast *cast,
		   const OldMember *old, AshValue *out, char **reason)
{
	AshCast scratch = *cast;
	JsonbValue buffer;

	if (member->tag != NULL)
	{
		if (!ash_is_object(in))
			*reason = "is not a map";
		else if (!tag_matches(member, in->val.binary.data))
			*reason = psprintf("%s does not equal %s", member->tag,
							   member->tag_text ? member->tag_text : "nil");
		else
			return cast_member(c, member, without_tag(member, in, &buffer), cast, old, out) ?
					   ATTEMPT_OK :
					   ATTEMPT_FAILED;
		return ATTEMPT_NO_MATCH;
	}
	scratch.errors = ash_errors_create(CurrentMemoryContext);
	if (cast_member(c, member, in, &scratch, old, out))
		return ATTEMPT_OK;
	*reason = reasons(scratch.errors);
	return ATTEMPT_NO_MATCH;
}

/* {"type": name, "value": …} names its member itself. */
static const Member *
explicit_member(const UnionConstraints *c, const JsonbValue *in, JsonbValue *value)
{
	JsonbValue name;

	if (!ash_is_object(in) || JsonContainerSize(in->val.binary.data) != 2)
		return NULL;
	if (getKeyJsonValueFromContainer(in->val.binary.data, "type", 4, &name) == NULL ||
		getKeyJsonValueFromContainer(in->val.binary.data, "value", 5, value) == NULL)
		return NULL;
	return find_member(c, &name);
}

/* One error with a line for each member, the last one first. */
static bool
fail_unmatched(AshCast *cast, List *names, List *why)
{
	StringInfoData buf;
	int i;

	initStringInfo(&buf);
	appendStringInfoString(&buf, "No union type matched");
	for (i = list_length(names) - 1; i >= 0; i--)
		appendStringInfo(&buf, "\n  %s: \"%s\"", (char *) list_nth(names, i),
						 (char *) list_nth(why, i));
	ash_cast_fail(cast, buf.data);
	return false;
}

/* Null keeps the member of an embedded old value, whose destroy action runs. */
static bool
cast_null(const OldMember *old, AshCast *cast, AshValue *out)
{
	out->isnull = true;
	return release_old(old, NULL, cast);
}

/* Members are tried in order; all errors are the union's own. */
static bool
union_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
		   bool *reported)
{
	const UnionConstraints *c = inst->constraints;
	List *names = NIL;
	List *why = NIL;
	const Member *member;
	JsonbValue value;
	OldMember old;
	ListCell *lc;

	check_stack_depth();
	*reported = true;
	find_old(c, cast, &old);
	if (in->type == jbvNull)
		return cast_null(&old, cast, out);
	if ((member = explicit_member(c, in, &value)) != NULL)
		return cast_member(c, member, &value, cast, &old, out) && release_old(&old, member, cast);
	foreach (lc, c->members)
	{
		char *reason = NULL;

		member = lfirst(lc);
		switch (try_member(c, member, in, cast, &old, out, &reason))
		{
			case ATTEMPT_OK:
				return release_old(&old, member, cast);
			case ATTEMPT_FAILED:
				return false;
			case ATTEMPT_NO_MATCH:
				names = lappend(names, (char *) member->name);
				why = lappend(why, reason);
		}
	}
	return fail_unmatched(cast, names, why);
}

/*
 * A computed value must be in stored form; it is cast again by its member, except an embedded
 * one, which made it.
 */
static bool
union_constrain(const AshTypeInst *inst, AshCast *cast, AshValue *value)
{
	const UnionConstraints *c = inst->constraints;
	Jsonb *stored = DatumGetJsonbP(value->value);
	const Member *member;
	JsonbValue inner;
	OldMember old = { 0 };

	member = stored_member(c, stored, &inner);
	if (member != NULL && ash_type_is_embedded(member->type))
		return true;
	if (member != NULL)
		return cast_member(c, member, &inner, cast, &old, value);
	ash_cast_fail(cast, "is invalid");
	return false;
}

/* What is stored, but embedded values in the form in which callers see them. */
static void
union_write_json(StringInfo out, const AshTypeInst *inst, Datum value)
{
	const UnionConstraints *c = inst->constraints;
	JsonbValue inner;
	const Member *member = stored_member(c, DatumGetJsonbP(value), &inner);
	AshJson json = ash_json_to_text(out);
	AshValue embedded;

	if (member != NULL && ash_type_is_embedded(member->type) &&
		ash_type_read_stored(member->type, &inner, &embedded))
		put_member(&json, c, member, &embedded, ash_type_put_json);
	else
		ash_put_jsonb(&json, DatumGetJsonbP(value));
}

/*
 * The member's type with what load names under its own name, or under "*" for all members; of
 * "*", members that do not have it stay as they are. NULL for nothing.
 */
static AshTypeInst *
member_with_load(const Member *member, JsonbContainer *load, struct AshCall *call,
				 AshErrors *errors)
{
	AshErrors *scratch = ash_errors_create(CurrentMemoryContext);
	JsonbValue value;
	AshTypeInst *type;

	if (getKeyJsonValueFromContainer(load, member->name, strlen(member->name), &value) != NULL)
		return ash_type_with_load(member->type, &value, call, errors);
	if (getKeyJsonValueFromContainer(load, "*", 1, &value) == NULL)
		return NULL;
	type = ash_type_with_load(member->type, &value, call, scratch);
	return ash_errors_any(scratch) ? NULL : type;
}

/* NULL when no member has anything to load. */
static AshTypeInst *
union_with_load(const AshTypeInst *inst, const JsonbValue *load, struct AshCall *call,
				AshErrors *errors)
{
	const UnionConstraints *c = inst->constraints;
	UnionConstraints *loaded = palloc(sizeof(UnionConstraints));
	AshTypeInst *copy = palloc(sizeof(AshTypeInst));
	bool any = false;
	ListCell *lc;

	if (!ash_is_object(load))
		return NULL;
	*copy = *inst;
	*loaded = *c;
	copy->constraints = loaded;
	loaded->members = NIL;
	foreach (lc, c->members)
	{
		Member *member = palloc(sizeof(Member));
		AshTypeInst *type;

		*member = *(const Member *) lfirst(lc);
		loaded->members = lappend(loaded->members, member);
		type = member_with_load(member, load->val.binary.data, call, errors);
		any |= type != NULL;
		member->type = type ? type : member->type;
	}
	return any ? copy : NULL;
}

/* AshType.each_inner: one instance for each member. */
static void
union_each_inner(const AshTypeInst *inst, AshTypeFn fn, void *arg)
{
	const UnionConstraints *c = inst->constraints;
	ListCell *lc;

	foreach (lc, c->members)
		fn(((const Member *) lfirst(lc))->type, arg);
}

const AshType ash_type_union = {
	.name = "union",
	.doc = "A value of one of several named types.",
	.storage = "jsonb",
	.constraints = &union_spec,
	.prepare = union_prepare,
	.cast = union_cast,
	.cast_constrains = true,
	.constrain = union_constrain,
	.write_json = union_write_json,
	.with_load = union_with_load,
	.each_inner = union_each_inner,
};
