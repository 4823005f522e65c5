/*-------------------------------------------------------------------------
 *
 * src/api/api_page.c
 *	  ash_page: from a page that a read has given to another page of the same read.
 *
 * The page says where it stands: its offset, or its cursor and the keysets of its
 * rows.  Resource and options are those of the read; only the place changes.  The last page of a
 *keyset read is found by the row before it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "api/api.h"
#include "model/action_def.h"
#include "utils/builtins.h"
#include "utils/json.h"

ASH_FUNCTION(ash_page);

/* A read, and the page it has given. */
typedef struct PagedRead
{
	AshApiRequest request;
	const Jsonb *page;
	bool keyset;
	int64 limit;
	int64 offset;
	int64 count; /* -1: not counted */
} PagedRead;

static void
refuse(const char *message)
{
	AshErrors *errors = ash_errors_create(CurrentMemoryContext);

	ash_error_add(errors, ASH_E_INVALID_PAGE, NULL, "%s", message);
	ash_errors_throw(errors);
}

/*-------------------------------------------------------------------------
 * The page at hand
 *-------------------------------------------------------------------------
 */

/* A whole number of at least min; false when the key is absent or null. */
static bool
number_of(const Jsonb *page, const char *key, int64 min, int64 *number)
{
	JsonbValue value;
	char *end;

	if (!ash_jsonb_get(page, key, strlen(key), &value) || value.type == jbvNull)
		return false;
	errno = 0;
	*number = strtoll(ash_jsonb_value_text(&value), &end, 10);
	if (value.type != jbvNumeric || *end != '\0' || errno != 0 || *number < min)
		refuse(psprintf("This is not a page: %s is wrong", key));
	return true;
}

static const char *
text_of(const Jsonb *object, const char *key)
{
	JsonbValue value;

	if (!ash_jsonb_get(object, key, strlen(key), &value) || value.type != jbvString)
		return NULL;
	return ash_jsonb_value_text(&value);
}

static void
read_page(PagedRead *read)
{
	const char *kind = JB_ROOT_IS_OBJECT(read->page) ? text_of(read->page, "page") : NULL;

	if (kind == NULL || (strcmp(kind, "keyset") != 0 && strcmp(kind, "offset") != 0) ||
		!number_of(read->page, "limit", 1, &read->limit))
		refuse("This is not a page of a read");
	read->keyset = strcmp(kind, "keyset") == 0;
	read->offset = 0;
	(void) number_of(read->page, "offset", 0, &read->offset);
	if (!number_of(read->page, "count", 0, &read->count))
		read->count = -1;
}

/* The keyset of the first or last row of results; NULL when there is no row. */
static const char *
keyset_of(const Jsonb *page, bool last)
{
	JsonbValue results;
	JsonbValue *row;
	const char *keyset = NULL;
	uint32 n;

	if (!ash_jsonb_get(page, "results", strlen("results"), &results) || results.type != jbvBinary ||
		!JsonContainerIsArray(results.val.binary.data))
		refuse("This is not a page: it has no results");
	n = JsonContainerSize(results.val.binary.data);
	if (n == 0)
		return NULL;
	row = getIthJsonbValueFromContainer(results.val.binary.data, last ? n - 1 : 0);
	if (row->type == jbvBinary)
		keyset = text_of(ash_jsonb_from_value(row), "_keyset");
	if (keyset == NULL)
		refuse("This row has no keyset, so there is no page next to it");
	return keyset;
}

/*-------------------------------------------------------------------------
 * The page to read
 *-------------------------------------------------------------------------
 */

static Jsonb *
jsonb_of(const char *json)
{
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
}

/* {"limit": …, "count": …; the rest is left to the caller */
static StringInfoData
open_page(int64 limit, bool count)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfo(&json, "{\"limit\": " INT64_FORMAT ", \"count\": %s", limit,
					 count ? "true" : "false");
	return json;
}

static Jsonb *
page_at_offset(const PagedRead *read, int64 offset)
{
	StringInfoData json = open_page(read->limit, read->count >= 0);

	appendStringInfo(&json, ", \"offset\": " INT64_FORMAT "}", offset);
	return jsonb_of(json.data);
}

/* side is "after" or "before"; without a keyset the first page */
static Jsonb *
page_at_keyset(const PagedRead *read, const char *side, const char *keyset)
{
	StringInfoData json = open_page(read->limit, read->count >= 0);

	if (keyset != NULL)
	{
		appendStringInfo(&json, ", \"%s\": ", side);
		escape_json(&json, keyset);
	}
	appendStringInfoChar(&json, '}');
	return jsonb_of(json.data);
}

/* The read, with these options instead of its own. */
static Datum
run_read(const PagedRead *read, Jsonb *options)
{
	AshApiRequest request = read->request;

	request.options = options;
	return ash_api_call(&request, ash_api_run, NULL);
}

/* Where the last page begins. */
static int64
last_offset(const PagedRead *read)
{
	if (read->count < 0)
		refuse("Cannot fetch last page without counting");
	return Max(read->count - 1, 0) / read->limit * read->limit;
}

static Jsonb *
same_keyset_page(const PagedRead *read)
{
	const char *before = text_of(read->page, "before");

	return before != NULL ? page_at_keyset(read, "before", before) :
							page_at_keyset(read, "after", text_of(read->page, "after"));
}

/* The page after the last row that does not stand on it. */
static Jsonb *
last_keyset_page(const PagedRead *read)
{
	int64 offset = last_offset(read);
	StringInfoData json = open_page(1, false);
	Jsonb *options = read->request.options;
	JsonbValue value;
	AshOptInt skipped = { 0 };
	Jsonb *page;

	if (offset == 0)
		return page_at_keyset(read, "after", NULL);
	if (options != NULL && JB_ROOT_IS_OBJECT(options) &&
		ash_jsonb_get(options, "offset", strlen("offset"), &value) && value.type != jbvNull)
		skipped.set = number_of(options, "offset", 0, &skipped.value);
	appendStringInfoString(&json, ", \"after\": null}");
	options = ash_options_with(options, "page", jsonb_of(json.data));
	options = ash_options_with(options, "offset",
							   jsonb_of(psprintf(INT64_FORMAT,
												 offset - 1 + (skipped.set ? skipped.value : 0))));
	options = ash_options_with(options, "limit", jsonb_of("1"));
	page = jsonb_of(TextDatumGetCString(run_read(read, options)));
	return page_at_keyset(read, "after", keyset_of(page, true));
}

static Jsonb *
keyset_page(const PagedRead *read, const char *direction)
{
	bool next = strcmp(direction, "next") == 0;
	const char *keyset;

	if (strcmp(direction, "first") == 0)
		return page_at_keyset(read, "after", NULL);
	if (strcmp(direction, "last") == 0)
		return last_keyset_page(read);
	if (strcmp(direction, "self") == 0)
		return same_keyset_page(read);
	if (!next && strcmp(direction, "prev") != 0)
		refuse(isdigit((unsigned char) direction[0]) ?
				   "Cannot seek to a specific page with keyset based pagination" :
				   "A page is next, prev, first, last or self");

	/* before the first page, and beyond an empty end, there is nothing else */
	if (!next && text_of(read->page, "after") == NULL && text_of(read->page, "before") == NULL)
		return same_keyset_page(read);
	keyset = keyset_of(read->page, next);
	if (keyset == NULL)
		return same_keyset_page(read);
	return page_at_keyset(read, next ? "after" : "before", keyset);
}

/* The page with that number, from 1. */
static Jsonb *
numbered_page(const PagedRead *read, const char *direction)
{
	char *end;
	int64 number;

	errno = 0;
	number = strtoll(direction, &end, 10);
	if (end == direction || *end != '\0' || errno != 0 || number < 1 ||
		number - 1 > PG_INT64_MAX / read->limit)
		refuse("A page is next, prev, first, last, self or a number from 1");
	return page_at_offset(read, (number - 1) * read->limit);
}

static Jsonb *
offset_page(const PagedRead *read, const char *direction)
{
	if (strcmp(direction, "next") == 0)
		return page_at_offset(read, Min(read->offset, PG_INT64_MAX - read->limit) + read->limit);
	if (strcmp(direction, "prev") == 0)
		return page_at_offset(read, Max(read->offset - read->limit, 0));
	if (strcmp(direction, "first") == 0)
		return page_at_offset(read, 0);
	if (strcmp(direction, "last") == 0)
		return page_at_offset(read, last_offset(read));
	if (strcmp(direction, "self") == 0)
		return page_at_offset(read, read->offset);
	return numbered_page(read, direction);
}

/* ash_page(resource text, page jsonb, direction text, options jsonb) returns json */
Datum
ash_page(PG_FUNCTION_ARGS)
{
	PagedRead read = { .request = ash_read_request(fcinfo, 3), .page = ash_arg_jsonb(fcinfo, 1) };
	char *direction = ash_arg_name(fcinfo, 2, "direction");
	Jsonb *page;

	if (read.page == NULL)
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("page must not be null")));
	read_page(&read);
	page = read.keyset ? keyset_page(&read, direction) : offset_page(&read, direction);
	return run_read(&read, ash_options_with(read.request.options, "page", page));
}
