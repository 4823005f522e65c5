/*-------------------------------------------------------------------------
 *
 * src/type/type_regex.c
 *	  Regular expressions of constraints and validations.
 *
 * They are PostgreSQL's advanced regular expressions (the language of ~), under
 * the database's default collation.  What Perl-style expressions commonly use and
 * PostgreSQL spells differently is translated: \z and \Z (end of text), \b and \B
 * (word boundary and its opposite), \h and \H (blank), (?<name>…) (a group), and
 * the delimited form /…/i.  Everything else is taken as PostgreSQL reads it.
 *
 *-------------------------------------------------------------------------
 */
#include "type/type_internal.h"

#include "catalog/pg_collation.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "regex/regex.h"
#include "utils/builtins.h"

/*
 * What PostgreSQL has for a Perl escape, or NULL when it reads it the same way; inside
 * brackets they differ.
 */
static const char *
translate_escape(char c, bool in_brackets)
{
	switch (c)
	{
		case 'h':
			return in_brackets ? "[:blank:]" : "[[:blank:]]";
		case 'H':
			return in_brackets ? NULL : "[^[:blank:]]";
		case 'z':
			return in_brackets ? NULL : "\\Z";
		case 'Z':
			return in_brackets ? NULL : "(?=\\n?\\Z)";
		case 'b':
			return in_brackets ? NULL : "\\y";
		case 'B':
			return in_brackets ? NULL : "\\Y";
		default:
			return NULL;
	}
}

/* Length of "?<name>" after an opening parenthesis, 0 when it is something else. */
static int
group_name_length(const char *s, const char *end)
{
	const char *p = s;

	if (end - p < 3 || p[0] != '?' || p[1] != '<' ||
		!(isalpha((unsigned char) p[2]) || p[2] == '_'))
		return 0;
	while (p < end && *p != '>')
		p++;
	return p < end ? p + 1 - s : 0;
}

/* The expression between start and end in PostgreSQL's spelling. */
static char *
translate_pattern(const char *start, const char *end)
{
	StringInfoData buf;
	const char *p = start;
	int brackets = 0;

	initStringInfo(&buf);
	while (p < end)
	{
		const char *other;

		if (*p == '\\' && p + 1 < end)
		{
			other = translate_escape(p[1], brackets > 0);
			if (other != NULL)
				appendStringInfoString(&buf, other);
			else
				appendBinaryStringInfo(&buf, p, 2);
			p += 2;
			continue;
		}
		if (*p == '[')
		{
			/* a ] that comes first, and [:class:] inside, do not end the brackets */
			if (brackets == 0 || (p + 1 < end && strchr(":.=", p[1]) != NULL))
				brackets++;
			appendStringInfoChar(&buf, *p++);
			if (brackets == 1)
			{
				if (p < end && *p == '^')
					appendStringInfoChar(&buf, *p++);
				if (p < end && *p == ']')
					appendStringInfoChar(&buf, *p++);
			}
			continue;
		}
		if (*p == ']' && brackets > 0)
			brackets--;
		appendStringInfoChar(&buf, *p);
		if (*p++ == '(' && brackets == 0)
			p += group_name_length(p, end);
	}
	return buf.data;
}

/* "/…/flags": finds the parts; false when source is a bare expression. */
static bool
split_delimited(const char *source, const char **end, int *cflags)
{
	const char *last = strrchr(source, '/');
	const char *p;

	if (source[0] != '/' || last == source)
		return false;
	*cflags = 0;
	for (p = last + 1; *p; p++)
	{
		if (*p == 'i')
			*cflags |= REG_ICASE;
		else if (*p == 'm')
			*cflags |= REG_NLANCH;
		else if (*p == 'x')
			*cflags |= REG_EXPANDED;
		else if (*p != 's' && *p != 'u')
			return false;
	}
	*end = last;
	return true;
}

/* What is wrong with the pattern, palloc'd, or NULL. */
static char *
pattern_fault(const char *pattern, int cflags)
{
	int len = strlen(pattern);
	pg_wchar *wide = palloc((len + 1) * sizeof(pg_wchar));
	int nwide = pg_mb2wchar_with_len(pattern, wide, len);
	regex_t regex;
	char message[100];
	int result;

	result = pg_regcomp(&regex, wide, nwide, cflags, DEFAULT_COLLATION_OID);
	pfree(wide);
	if (result == REG_OKAY)
	{
		pg_regfree(&regex);
		return NULL;
	}
	pg_regerror(result, &regex, message, sizeof(message));
	return pstrdup(message);
}

/*
 * The pattern is compiled once to check it; matching uses PostgreSQL's cache of compiled
 * expressions.
 */
AshRegex *
ash_regex_compile(const char *source, AshErrors *errors)
{
	AshRegex *regex = palloc0(sizeof(AshRegex));
	const char *start = source;
	const char *end = source + strlen(source);
	char *pattern;
	char *fault;
	int extra = 0;

	if (split_delimited(source, &end, &extra))
		start = source + 1;
	pattern = translate_pattern(start, end);
	regex->source = pstrdup(source);
	regex->pattern = cstring_to_text(pattern);
	regex->cflags = REG_ADVANCED | extra;
	fault = pattern_fault(pattern, regex->cflags);
	if (fault == NULL)
		return regex;
	ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "invalid regular expression \"%s\": %s",
				  source, fault);
	return NULL;
}

/* Under the default collation, whatever that of the value. */
bool
ash_regex_matches(const AshRegex *regex, const char *s, int len)
{
	return RE_compile_and_execute(regex->pattern, (char *) s, len, regex->cflags,
								  DEFAULT_COLLATION_OID, 0, NULL);
}
