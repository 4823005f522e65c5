/*-------------------------------------------------------------------------
 *
 * src/base/unicode.c
 *	  Text as users see it: white space, letter case, user-perceived characters.
 *
 * Unicode comes from ICU, which the server itself is linked to; ASCII never gets
 * that far.  Without ICU, or in a database whose encoding is not UTF-8, only
 * ASCII white space is trimmed, lengths are code points and letter case is the
 * default collation's.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/unicode.h"
#include "catalog/pg_collation.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/formatting.h"

#ifdef USE_ICU
#include <unicode/ubrk.h>
#include <unicode/ucasemap.h>
#include <unicode/uchar.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>
#endif

static inline bool
ascii_space(unsigned char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Eight bytes at a time. */
static bool
is_ascii(const char *s, int len)
{
	const char *end = s + len;
	uint64 word;

	for (; end - s >= sizeof(word); s += sizeof(word))
	{
		memcpy(&word, s, sizeof(word));
		if (word & UINT64CONST(0x8080808080808080))
			return false;
	}
	for (; s < end; s++)
		if (IS_HIGHBIT_SET(*s))
			return false;
	return true;
}

#ifdef USE_ICU
/* Length of the white space character at s, or that ends at s + len; 0 if none. */
static int
leading_space(const char *s, int len)
{
	int32 i = 0;
	UChar32 c;

	U8_NEXT(s, i, len, c);
	return c >= 0 && u_isUWhiteSpace(c) ? i : 0;
}

static int
trailing_space(const char *s, int len)
{
	int32 i = len;
	UChar32 c;

	U8_PREV(s, 0, i, c);
	return c >= 0 && u_isUWhiteSpace(c) ? len - i : 0;
}
#endif

/*
 * ASCII white space is recognised without ICU; a character with the high bit set is looked up
 * only when the encoding is UTF-8.
 */
AshText
ash_trim(AshText in)
{
	while (in.len > 0)
	{
		int n = ascii_space(*in.s) ? 1 : 0;

#ifdef USE_ICU
		if (IS_HIGHBIT_SET(*in.s) && GetDatabaseEncoding() == PG_UTF8)
			n = leading_space(in.s, in.len);
#endif
		if (n == 0)
			break;
		in.s += n;
		in.len -= n;
	}
	while (in.len > 0)
	{
		int n = ascii_space(in.s[in.len - 1]) ? 1 : 0;

#ifdef USE_ICU
		if (IS_HIGHBIT_SET(in.s[in.len - 1]) && GetDatabaseEncoding() == PG_UTF8)
			n = trailing_space(in.s, in.len);
#endif
		if (n == 0)
			break;
		in.len -= n;
	}
	return in;
}

#ifdef USE_ICU
/* Grapheme clusters by ICU; -1 when it fails.  The iterator is kept for the life of the backend. */
static int
icu_grapheme_length(const char *s, int len)
{
	static UBreakIterator *iterator = NULL;
	UErrorCode status = U_ZERO_ERROR;
	UText utext = UTEXT_INITIALIZER;
	int count = 0;

	if (iterator == NULL)
		iterator = ubrk_open(UBRK_CHARACTER, "", NULL, 0, &status);
	if (U_FAILURE(status))
	{
		iterator = NULL;
		return -1;
	}
	utext_openUTF8(&utext, s, len, &status);
	ubrk_setUText(iterator, &utext, &status);
	if (U_FAILURE(status))
		return -1;
	while (ubrk_next(iterator) != UBRK_DONE)
		count++;
	utext_close(&utext);
	return count;
}
#endif

/* Of ASCII text only CR LF is one character of two bytes. */
int
ash_grapheme_length(const char *s, int len)
{
	if (is_ascii(s, len))
	{
		const char *end = s + len;
		const char *cr = s;
		int count = len;

		while ((cr = memchr(cr, '\r', end - cr)) != NULL && ++cr < end)
			if (*cr == '\n')
				count--;
		return count;
	}
#ifdef USE_ICU
	if (GetDatabaseEncoding() == PG_UTF8)
	{
		int count = icu_grapheme_length(s, len);

		if (count >= 0)
			return count;
	}
#endif
	return pg_mbstrlen_with_len(s, len);
}

#ifdef USE_ICU
/*
 * Full case mapping (one letter may become several) of the root locale; NULL when ICU fails.
 * The map is kept for the life of the backend.
 */
static text *
icu_change_case(AshText in, bool upper)
{
	static UCaseMap *casemap = NULL;
	UErrorCode status = U_ZERO_ERROR;
	int32 size = in.len * 3 + 1; /* no mapping grows more */
	text *result;
	int32 len;

	if (casemap == NULL)
		casemap = ucasemap_open("", 0, &status);
	if (U_FAILURE(status))
	{
		casemap = NULL;
		return NULL;
	}
	result = palloc(VARHDRSZ + size);
	len = upper ? ucasemap_utf8ToUpper(casemap, VARDATA(result), size, in.s, in.len, &status) :
				  ucasemap_utf8ToLower(casemap, VARDATA(result), size, in.s, in.len, &status);
	if (U_FAILURE(status))
		return NULL;
	SET_VARSIZE(result, VARHDRSZ + len);
	return result;
}
#endif

/* Falls back to the default collation where ICU cannot be used. */
text *
ash_change_case(AshText in, bool upper)
{
	char *str;

#ifdef USE_ICU
	if (GetDatabaseEncoding() == PG_UTF8)
	{
		text *result = icu_change_case(in, upper);

		if (result != NULL)
			return result;
	}
#endif
	str = upper ? str_toupper(in.s, in.len, DEFAULT_COLLATION_OID) :
				  str_tolower(in.s, in.len, DEFAULT_COLLATION_OID);
	return cstring_to_text(str);
}
