/*-------------------------------------------------------------------------
 *
 * src/query/page_parse.c
 *	  Pagination: the page option, and the page object around results (spec 11.4).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "model/action_def.h"
#include "model/domain.h"
#include "model/resource.h"
#include "query/query.h"
#include "utils/json.h"

/* What the page option says. */
typedef struct PageOptions
{
	AshOptInt limit;
	AshOptInt offset;
	const char *after;
	const char *before;
	const Jsonb *filter;
	bool count_given;
	bool count;
} PageOptions;

static bool
whole_number(const JsonbValue *value, int64 min, AshOptInt *out)
{
	char *text = ash_jsonb_value_text(value);
	char *end;

	if (value->type != jbvNumeric)
		return false;
	errno = 0;
	out->value = strtoll(text, &end, 10);
	out->set = *end == '\0' && errno == 0 && out->value >= min;
	return out->set;
}

/* One key; false when it is not a page option or has a wrong value. */
static bool
page_option(PageOptions *options, const char *name, const JsonbValue *value)
{
	if (strcmp(name, "limit") == 0)
		return value->type == jbvNull || whole_number(value, 1, &options->limit);
	if (strcmp(name, "offset") == 0)
		return value->type == jbvNull || whole_number(value, 0, &options->offset);
	if (strcmp(name, "count") == 0)
	{
		options->count_given = value->type == jbvBool;
		options->count = options->count_given && value->val.boolean;
		return options->count_given || value->type == jbvNull;
	}
	if (strcmp(name, "filter") == 0)
	{
		options->filter = value->type == jbvNull ? NULL : ash_jsonb_from_value(value);
		return true;
	}
	if (strcmp(name, "after") != 0 && strcmp(name, "before") != 0)
		return false;
	if (value->type == jbvString && name[0] == 'a')
		options->after = ash_jsonb_value_text(value);
	else if (value->type == jbvString)
		options->before = ash_jsonb_value_text(value);
	return value->type == jbvString || value->type == jbvNull;
}

static bool
read_options(const Jsonb *page, PageOptions *options)
{
	JsonbIterator *it = ash_jsonb_walk(page);
	JsonbValue key;
	JsonbValue value;
	bool ok = true;

	while (ash_jsonb_next_member(&it, &key, &value))
		ok &= page_option(options, pnstrdup(key.val.string.val, key.val.string.len), &value);
	return ok && !(options->after != NULL && options->before != NULL);
}

/* What the page option may be, for this action. */
static const char *
page_hint(const AshQuery *query)
{
	const AshPagination *pagination = query->action ? query->action->pagination : NULL;

	if (pagination == NULL)
		return NULL;
	if (!pagination->keyset)
		return "A page is an object of limit (at least 1), offset (at least 0), count (true or "
			   "false) and filter.";
	return "A page is an object of limit (at least 1), count (true or false), filter, and one of "
		   "offset (at least 0), after and before (keysets).";
}

static bool
invalid_page(AshQuery *query, const Jsonb *page)
{
	AshErrors *errors = query->call->errors;
	JsonbValue value;

	ash_jsonb_value_from_jsonb(page, &value);
	ash_errors_push_name(errors, "page");
	ash_error_add(errors, ASH_E_INVALID_PAGE, NULL, "%s is not a valid page option",
				  ash_input_text(&value))
		->hint = page_hint(query);
	ash_errors_pop(errors);
	return false;
}

static int
page_kind(const AshQuery *query, const AshPagination *pagination, const PageOptions *options)
{
	if (options->after != NULL || options->before != NULL)
		return ASH_PAGE_KEYSET;
	if (options->offset.set)
		return ASH_PAGE_OFFSET;
	if (pagination->offset && pagination->keyset)
		return query->res->domain.default_page_type == ASH_PAGE_TYPE_KEYSET ? ASH_PAGE_KEYSET :
																			  ASH_PAGE_OFFSET;
	return pagination->keyset ? ASH_PAGE_KEYSET : ASH_PAGE_OFFSET;
}

static bool
set_count(AshQuery *query, const AshPagination *pagination, const PageOptions *options)
{
	if (options->count && pagination->countable == ASH_COUNTABLE_NO)
	{
		ash_error_add(query->call->errors, ASH_E_NON_COUNTABLE_ACTION, NULL,
					  "Action %s.%s cannot be counted while paginating but a count was requested.",
					  query->res->name, query->action->name);
		return false;
	}
	query->page_count =
		options->count_given ? options->count : pagination->countable == ASH_COUNTABLE_BY_DEFAULT;
	return true;
}

/* The page's own filter, which the count does not see. */
static void
set_filter(AshQuery *query, const Jsonb *filter)
{
	AshErrors *errors = query->call->errors;
	AshExpr *expr;

	ash_errors_push_name(errors, "page");
	ash_errors_push_name(errors, "filter");
	expr = ash_filter_parse(query, query->res, filter, false);
	query->page_filters = expr == NULL ? NIL : list_make1(expr);
	ash_errors_pop(errors);
	ash_errors_pop(errors);
}

static bool
set_page(AshQuery *query, const AshPagination *pagination, const PageOptions *options)
{
	int64 limit;

	if (!set_count(query, pagination, options))
		return false;
	if (!options->limit.set && !pagination->default_limit.set)
	{
		ash_error_add(query->call->errors, ASH_E_LIMIT_REQUIRED, NULL, "Limit is required");
		return false;
	}
	limit = options->limit.set ? options->limit.value : pagination->default_limit.value;
	if (pagination->max_page_size > 0)
		limit = Min(limit, pagination->max_page_size);
	query->page = page_kind(query, pagination, options);
	query->page_limit = limit;
	query->page_offset = options->offset.set ? options->offset.value : 0;
	query->after = options->after;
	query->before = options->before;
	if (options->filter != NULL)
		set_filter(query, options->filter);
	return true;
}

bool
ash_page_parse(AshQuery *query, const Jsonb *page)
{
	const AshPagination *pagination = query->action ? query->action->pagination : NULL;
	PageOptions options = { 0 };
	JsonbValue value;

	ash_jsonb_value_from_jsonb(page, &value);
	if (value.type == jbvNull)
		return true;
	if (value.type == jbvBool && !value.val.boolean)
	{
		if (pagination == NULL || !pagination->required)
			return true;
		ash_error_add(query->call->errors, ASH_E_PAGINATION_REQUIRED, NULL,
					  "Pagination is required");
		return false;
	}
	if (!JB_ROOT_IS_OBJECT(page))
		return invalid_page(query, page);
	if (pagination == NULL)
	{
		ash_error_add(query->call->errors, ASH_E_ACTION_REQUIRES_PAGINATION, NULL,
					  "Pagination is not enabled on resource %s for the action %s",
					  query->res->name, query->action ? query->action->name : "read");
		return false;
	}
	if (!read_options(page, &options) ||
		((options.after != NULL || options.before != NULL) && !pagination->keyset))
		return invalid_page(query, page);
	return set_page(query, pagination, &options);
}

/* A read without a page of an action that requires one; false after adding an error. */
bool
ash_page_default(AshQuery *query)
{
	const AshPagination *pagination = query->action ? query->action->pagination : NULL;
	PageOptions options = { 0 };

	if (query->page != ASH_PAGE_NONE || pagination == NULL || !pagination->required)
		return true;
	return set_page(query, pagination, &options);
}

/*-------------------------------------------------------------------------
 * Rows of a page, and the object around them
 *-------------------------------------------------------------------------
 */

/* {"page": …, "results": [ */
void
ash_page_open(AshQuery *query, StringInfo out)
{
	appendStringInfo(out, "{\"page\":\"%s\",\"results\":[",
					 query->page == ASH_PAGE_OFFSET ? "offset" : "keyset");
}

/* The cursor that a keyset page was asked for with, so that ash_page knows where it is. */
static void
write_cursor(const AshQuery *query, StringInfo out)
{
	if (query->after == NULL && query->before == NULL)
		return;
	appendStringInfo(out, ",\"%s\":", query->after != NULL ? "after" : "before");
	escape_json(out, query->after != NULL ? query->after : query->before);
}

/* count < 0: not asked for */
void
ash_page_close(AshQuery *query, int64 count, bool more, StringInfo out)
{
	appendStringInfo(out, "],\"limit\":" INT64_FORMAT, query->page_limit);
	if (query->page == ASH_PAGE_OFFSET)
		appendStringInfo(out, ",\"offset\":" INT64_FORMAT, query->page_offset);
	else
		write_cursor(query, out);
	if (count >= 0)
		appendStringInfo(out, ",\"count\":" INT64_FORMAT, count);
	else
		appendStringInfoString(out, ",\"count\":null");
	appendStringInfo(out, ",\"more\":%s}", more ? "true" : "false");
}
