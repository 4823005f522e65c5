/*-------------------------------------------------------------------------
 *
 * src/type/type_structured.c
 *	  map, struct, keyword and tuple: objects with described fields.
 *
 * All are stored as jsonb.  Casting only looks at the shape; fields are cast and
 * constrained with the constraints.  The result has the listed fields only.  A
 * fault of a field is reported on the field of the outermost object, with the
 * path of the attribute; a field that cannot be cast makes the whole value
 * invalid, as in the framework.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "miscadmin.h"

typedef struct Field
{
	const char *name;
	AshTypeInst *type;
	const char *type_name;
	json_t *constraints;
	bool allow_nil;
	const char *description;
} Field;

typedef struct FieldsConstraints
{
	json_t *fields; /* name → field */
	const char *instance_of;
	bool preserve_nil_values;
	List *list; /* of Field *, in declared order */
} FieldsConstraints;

static const AshOpt field_options[] = {
	ASH_OPTION(Field, "type", STRING, type_name, .flags = ASH_OPT_REQUIRED | ASH_OPT_NONEMPTY,
			   .doc = "Type of the field."),
	ASH_OPTION(Field, "constraints", JSON, constraints, .doc = "Constraints of that type."),
	ASH_OPTION(Field, "allow_nil", BOOL, allow_nil, .dflt = "true",
			   .doc = "Whether the field may be absent or null."),
	ASH_OPTION(Field, "description", STRING, description, .doc = "What the field means."),
	ASH_OPT_END
};

static const AshSpec field_spec =
	ASH_SPEC("field", Field, field_options, .shorthand = "type", .doc = "A field of a map.");

static const AshOpt map_options[] = {
	ASH_OPTION(FieldsConstraints, "fields", JSON, fields,
			   .doc = "Fields by name: type, constraints, allow_nil. Other keys are dropped."),
	ASH_OPT_END
};

static const AshOpt struct_options[] = {
	ASH_OPTION(FieldsConstraints, "fields", JSON, fields,
			   .doc = "Fields by name: type, constraints, allow_nil. Other keys are dropped."),
	ASH_OPTION(FieldsConstraints, "instance_of", STRING, instance_of,
			   .doc = "Name of what the object is; for documentation."),
	ASH_OPTION(FieldsConstraints, "preserve_nil_values", BOOL, preserve_nil_values, .dflt = "false",
			   .doc = "Keep null fields when storing."),
	ASH_OPT_END
};

static const AshOpt list_options[] = {
	ASH_OPTION(FieldsConstraints, "fields", JSON, fields, .flags = ASH_OPT_REQUIRED,
			   .doc = "Fields by name, in order: type, constraints, allow_nil."),
	ASH_OPT_END
};

static const AshSpec map_spec =
	ASH_SPEC("map", FieldsConstraints, map_options, .doc = "Constraints of a map.");
static const AshSpec struct_spec =
	ASH_SPEC("struct", FieldsConstraints, struct_options, .doc = "Constraints of a struct.");
static const AshSpec keyword_spec =
	ASH_SPEC("keyword", FieldsConstraints, list_options, .doc = "Constraints of a keyword list.");
static const AshSpec tuple_spec =
	ASH_SPEC("tuple", FieldsConstraints, list_options, .doc = "Constraints of a tuple.");

/* NULL after adding errors. */
static Field *
compile_field(const char *name, json_t *node, AshErrors *errors)
{
	Field *field;

	if (!ash_spec_check(&field_spec, node, NULL, errors))
		return NULL;
	field = ash_spec_fill(&field_spec, node);
	field->name = pstrdup(name);
	field->type = ash_type_compile(field->type_name, field->constraints, errors);
	return field->type ? field : NULL;
}

/* Without "fields" any object is allowed. */
static bool
fields_prepare(AshTypeInst *inst, AshErrors *errors)
{
	FieldsConstraints *c = inst->constraints;
	const char *name;
	json_t *node;
	bool ok = true;

	if (c->fields == NULL)
		return true;
	ash_errors_push_name(errors, "fields");
	if (!json_is_object(c->fields))
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "fields must be an object");
		ok = false;
	}
	json_object_foreach (c->fields, name, node)
	{
		Field *field;

		ash_errors_push_name(errors, name);
		field = compile_field(name, node, errors);
		ash_errors_pop(errors);
		if (field != NULL)
			c->list = lappend(c->list, field);
		else
			ok = false;
	}
	ash_errors_pop(errors);
	return ok;
}

/*-------------------------------------------------------------------------
 * Cast: the shape
 *-------------------------------------------------------------------------
 */

/* An object given as JSON text, as HTML forms do; or NULL. */
static Jsonb *
parse_json_text(AshText in)
{
	AshErrors *scratch = ash_errors_create(CurrentMemoryContext);
	json_t *json = ash_json_parse(in.s, in.len, scratch);
	Jsonb *result = NULL;

	if (json == NULL)
		return NULL;
	ash_json_own(CurrentMemoryContext, json);
	if (json_is_object(json))
		result = ash_jsonb_from_json(json);
	return result;
}

/* Only the shape: an object, or the text of one. */
static bool
map_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
		 bool *reported)
{
	Jsonb *jsonb;

	if (ash_is_object(in))
		jsonb = ash_jsonb_from_value(in);
	else if (in->type != jbvString || in->val.string.len == 0)
		return false;
	else if ((jsonb = parse_json_text(jv_text(in))) == NULL)
		return false;
	out->value = JsonbPGetDatum(jsonb);
	return true;
}

/* Only the shape; text is not parsed. */
static bool
keyword_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
			 bool *reported)
{
	if (!ash_is_object(in))
		return false;
	out->value = JsonbPGetDatum(ash_jsonb_from_value(in));
	return true;
}

/* Lists pair up with the fields by position. */
static Jsonb *
tuple_object(const FieldsConstraints *c, const JsonbValue *items)
{
	AshJson json = ash_json_to_jsonb();
	ListCell *lc;

	ash_put_object(&json);
	foreach (lc, c->list)
	{
		const Field *field = lfirst(lc);

		ash_put_value(ash_put_key(&json, field->name), &items[foreach_current_index(lc)]);
	}
	ash_put_end_object(&json);
	return ash_json_result(&json);
}

/* A list of as many items as there are fields, or an object. */
static bool
tuple_cast(const AshTypeInst *inst, const JsonbValue *in, AshCast *cast, AshValue *out,
		   bool *reported)
{
	const FieldsConstraints *c = inst->constraints;
	JsonbValue *items;
	AshError *error;
	int n;

	if (!ash_is_list(in))
		return keyword_cast(inst, in, cast, out, reported);
	n = ash_type_array_items(in, &items);
	if (n == list_length(c->list))
	{
		out->value = JsonbPGetDatum(tuple_object(c, items));
		return true;
	}
	error = ash_cast_fail(cast, "Expected %{expected_length} elements, got %{value_length}");
	ash_error_var_int(cast->errors, error, "expected_length", list_length(c->list));
	ash_error_var_int(cast->errors, error, "value_length", n);
	ash_cast_interpolate(cast, error);
	*reported = true;
	return false;
}

/*-------------------------------------------------------------------------
 * Constrain: the fields
 *-------------------------------------------------------------------------
 */

/*
 * Sets *inner to the cast of a field. Errors go to the outermost object's field, below the
 * attribute; leave_field ends it.
 */
static void
enter_field(AshCast *outer, const Field *field, AshCast *inner)
{
	*inner = *outer;
	inner->old = NULL;
	if (outer->in_fields)
		return;
	ash_errors_push_name(outer->errors, outer->field);
	inner->field = field->name;
	inner->in_fields = true;
}

/* Undoes enter_field. */
static void
leave_field(AshCast *outer)
{
	if (!outer->in_fields)
		ash_errors_pop(outer->errors);
}

/* Constraints of a cast field's value, and whether it may be null. */
static bool
constrain_field(const Field *field, AshCast *cast, AshValue *value)
{
	AshCast inner;
	bool ok;

	enter_field(cast, field, &inner);
	ok = cast_is_enough(field->type) || ash_type_constrain(field->type, &inner, value);
	if (ok && value->isnull && !field->allow_nil)
	{
		ash_cast_fail(&inner, "value must not be nil");
		ok = false;
	}
	leave_field(cast);
	return ok;
}

/*
 * *uncastable is set, and the field's own errors are dropped, when the value cannot be cast:
 * that is reported for the object as a whole. A union or an embedded value reports for itself.
 */
static bool
cast_field(const Field *field, const JsonbValue *in, AshCast *cast, AshValue *value,
		   bool *uncastable)
{
	int before = list_length(cast->errors->items);
	AshCast inner;
	bool ok;

	enter_field(cast, field, &inner);
	if (ash_type_is_embedded(field->type))
		ok = field->type->type->cast(field->type, in, &inner, value, &(bool){ false });
	else
	{
		ok = ash_cast_only(field->type, in, &inner, value);
		if (!ok && !cast_is_enough(field->type))
		{
			ash_errors_truncate(cast->errors, before);
			*uncastable = true;
		}
	}
	leave_field(cast);
	return ok && constrain_field(field, cast, value);
}

/* A field that is absent is an error unless it may be null. */
static bool
missing_field(const Field *field, AshCast *cast)
{
	AshCast inner;

	if (field->allow_nil)
		return true;
	enter_field(cast, field, &inner);
	ash_cast_fail(&inner, "field must be present");
	leave_field(cast);
	return false;
}

/*
 * Casts and constrains each field and replaces value by an object of the listed fields; null
 * ones are left out unless keep_nil. False after adding errors.
 */
static bool
constrain_fields(const AshTypeInst *inst, AshCast *cast, AshValue *value, bool keep_nil)
{
	const FieldsConstraints *c = inst->constraints;
	Jsonb *jsonb = DatumGetJsonbP(value->value);
	AshJson json = ash_json_to_jsonb();
	bool uncastable = false;
	bool ok = true;
	ListCell *lc;

	check_stack_depth();
	if (c->list == NIL)
		return true;
	if (!JB_ROOT_IS_OBJECT(jsonb))
	{
		ash_cast_fail(cast, "is invalid");
		return false;
	}
	ash_put_object(&json);
	foreach (lc, c->list)
	{
		const Field *field = lfirst(lc);
		JsonbValue in;
		AshValue v;

		if (!ash_jsonb_get(jsonb, field->name, strlen(field->name), &in))
			ok &= missing_field(field, cast);
		else if (!cast_field(field, &in, cast, &v, &uncastable))
			ok = false;
		else if (!v.isnull || keep_nil)
			ash_type_put_json(ash_put_key(&json, field->name), field->type, &v);
	}
	ash_put_end_object(&json);
	if (uncastable)
		ash_cast_fail(cast, "is invalid");
	if (ok)
		value->value = JsonbPGetDatum(ash_json_result(&json));
	return ok;
}

/* Null fields are stored only when the constraints say so. */
static bool
map_constrain(const AshTypeInst *inst, AshCast *cast, AshValue *value)
{
	const FieldsConstraints *c = inst->constraints;

	return constrain_fields(inst, cast, value, c->preserve_nil_values);
}

/* Keyword lists and tuples keep null fields. */
static bool
keyword_constrain(const AshTypeInst *inst, AshCast *cast, AshValue *value)
{
	return constrain_fields(inst, cast, value, true);
}

/* AshType.each_inner: one instance for each described field. */
static void
fields_each_inner(const AshTypeInst *inst, AshTypeFn fn, void *arg)
{
	const FieldsConstraints *c = inst->constraints;
	ListCell *lc;

	foreach (lc, c->list)
		fn(((const Field *) lfirst(lc))->type, arg);
}

const AshType ash_type_map = {
	.name = "map",
	.doc = "A JSON object, with or without described fields.",
	.storage = "jsonb",
	.constraints = &map_spec,
	.prepare = fields_prepare,
	.cast = map_cast,
	.constrain = map_constrain,
	.each_inner = fields_each_inner,
};

const AshType ash_type_struct = {
	.name = "struct",
	.doc = "An object of a named kind.",
	.storage = "jsonb",
	.constraints = &struct_spec,
	.prepare = fields_prepare,
	.cast = map_cast,
	.constrain = map_constrain,
	.each_inner = fields_each_inner,
};

const AshType ash_type_keyword = {
	.name = "keyword",
	.doc = "An object whose fields have an order.",
	.storage = "jsonb",
	.constraints = &keyword_spec,
	.prepare = fields_prepare,
	.cast = keyword_cast,
	.constrain = keyword_constrain,
	.each_inner = fields_each_inner,
};

const AshType ash_type_tuple = {
	.name = "tuple",
	.doc = "A fixed number of values: a list, or an object by field name; stored as the latter.",
	.storage = "jsonb",
	.constraints = &tuple_spec,
	.prepare = fields_prepare,
	.cast = tuple_cast,
	.constrain = keyword_constrain,
	.each_inner = fields_each_inner,
};
