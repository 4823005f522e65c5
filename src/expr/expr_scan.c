/*-------------------------------------------------------------------------
 *
 * src/expr/expr_scan.c
 *	  Source text → PostgreSQL's raw parse tree.
 *
 * The language is SQL with five liberties that PostgreSQL's grammar does not
 * take.  Four are granted by inserting a few characters before the text goes to
 * the parser:
 *
 *	  exists(path, cond)	→ "exists"(path, cond)
 *	  full || order			→ "full" || "order"		no keyword has a meaning but those listed below
 *	  f(default => 1)		→ f("default" => 1)
 *	  x in list_value		→ x in (list_value)
 *
 * The fifth takes no insertion: == is =, its second sign blanked, so that it has
 * the precedence of =.
 *
 * Insertions are remembered, so that every position reported is one of the text
 * as it was written.
 *
 * raw_parser() obeys standard_conforming_strings of the session; it is set for
 * the time of the call, because a definition means the same in every session.
 *
 *-------------------------------------------------------------------------
 */
#include "expr/expr_internal.h"

#include "common/keywords.h"
#include "mb/pg_wchar.h"
#include "parser/parser.h"
#include "parser/scanner.h"
#include "parser/scansup.h"
#include "utils/memutils.h"

#ifdef ASH_HAVE_GRAM_H
#include "parser/gram.h"
#endif

typedef struct Token
{
	int code;
	int start;
	int end;
	const char *keyword; /* NULL when it is none */
	int category;		 /* of the keyword */
} Token;

typedef struct Insertion
{
	int at; /* byte offset in the source */
	char what;
} Insertion;

typedef struct Scan
{
	const char *text;
	int ntokens;
	int maxtokens;
	Token *tokens;
	int ninsertions;
	int maxinsertions;
	Insertion *insertions;
} Scan;

static void
add_token(Scan *scan, Token token)
{
	if (scan->ntokens == scan->maxtokens)
	{
		scan->maxtokens *= 2;
		scan->tokens = repalloc(scan->tokens, scan->maxtokens * sizeof(Token));
	}
	scan->tokens[scan->ntokens++] = token;
}

static void
insert_at(Scan *scan, int at, char what)
{
	Insertion insertion = { at, what };

	if (scan->ninsertions == scan->maxinsertions)
	{
		scan->maxinsertions *= 2;
		scan->insertions = repalloc(scan->insertions, scan->maxinsertions * sizeof(Insertion));
	}
	scan->insertions[scan->ninsertions++] = insertion;
}

/* Reserved words with a meaning inside an expression; any other is a name. */
static const char *const grammar_words[] = {
	"all",		"and",	   "any",	   "array",		"as",			"asymmetric",
	"both",		"case",	   "cast",	   "collate",	"current_date", "current_timestamp",
	"distinct", "else",	   "end",	   "false",		"for",			"from",
	"ilike",	"in",	   "is",	   "isnull",	"leading",		"like",
	"not",		"notnull", "null",	   "or",		"overlaps",		"placing",
	"select",	"similar", "some",	   "symmetric", "then",			"to",
	"trailing", "true",	   "variadic", "when",		"where"
};

static bool
is_grammar_word(const char *word)
{
	for (int i = 0; i < lengthof(grammar_words); i++)
	{
		if (strcmp(grammar_words[i], word) == 0)
			return true;
	}
	return false;
}

static void
set_keyword(Token *token, const core_YYSTYPE *value)
{
	token->keyword = NULL;
	for (int i = 0; i < ScanKeywords.num_keywords; i++)
	{
		if (ScanKeywordTokens[i] != token->code)
			continue;
		token->keyword = value->keyword;
		token->category = ScanKeywordCategories[i];
		return;
	}
}

/* A keyword that must be quoted to be the name it stands for. */
static bool
is_name(const Token *token)
{
	return token->keyword != NULL && !is_grammar_word(token->keyword) &&
		   (token->category == RESERVED_KEYWORD || token->category == TYPE_FUNC_NAME_KEYWORD);
}

static void
tokenize(Scan *scan)
{
	core_yy_extra_type extra;
	core_yyscan_t scanner = scanner_init(scan->text, &extra, &ScanKeywords, ScanKeywordTokens);
	core_YYSTYPE value;
	YYLTYPE location;
	Token token;

	while ((token.code = core_yylex(&value, &location, scanner)) != 0)
	{
		token.start = location;
		/* flex ends the token it has just matched with a zero byte */
		token.end = location + strlen(extra.scanbuf + location);
		set_keyword(&token, &value);
		add_token(scan, token);
	}
	scanner_finish(scanner);
}

static bool
is_keyword(const Scan *scan, int i, const char *word)
{
	return i < scan->ntokens && scan->tokens[i].keyword != NULL &&
		   strcmp(scan->tokens[i].keyword, word) == 0;
}

static bool
is_code(const Scan *scan, int i, int code)
{
	return i >= 0 && i < scan->ntokens && scan->tokens[i].code == code;
}

/* Index after the bracket that closes the one at i, or the end. */
static int
skip_brackets(const Scan *scan, int i)
{
	int depth = 0;

	for (; i < scan->ntokens; i++)
	{
		int code = scan->tokens[i].code;

		if (code == '(' || code == '[')
			depth++;
		else if ((code == ')' || code == ']') && --depth <= 0)
			return i + 1;
	}
	return i;
}

/* Index after the name, call or subscripted value that starts at i. */
static int
skip_primary(const Scan *scan, int i)
{
	i++;
	for (;;)
	{
		if (is_code(scan, i, '.') || is_code(scan, i, TYPECAST))
			i += 2;
		else if (is_code(scan, i, '(') || is_code(scan, i, '['))
			i = skip_brackets(scan, i);
		else
			return Min(i, scan->ntokens);
	}
}

static void
find_insertions(Scan *scan)
{
	int *closing = palloc0((scan->ntokens + 1) * sizeof(int));

	for (int i = 0; i < scan->ntokens; i++)
	{
		Token *token = &scan->tokens[i];
		bool quoted = is_name(token) || is_code(scan, i + 1, '.') ||
					  is_code(scan, i + 1, EQUALS_GREATER) ||
					  (is_keyword(scan, i, "exists") && is_code(scan, i + 1, '('));

		if (token->keyword != NULL && quoted && !is_code(scan, i - 1, '.'))
		{
			insert_at(scan, token->start, '"');
			insert_at(scan, token->end, '"');
		}
		while (closing[i]-- > 0)
			insert_at(scan, token->end, ')');
		if (is_keyword(scan, i, "in") && i + 1 < scan->ntokens &&
			(scan->tokens[i + 1].code == IDENT || scan->tokens[i + 1].keyword != NULL))
		{
			insert_at(scan, scan->tokens[i + 1].start, '(');
			closing[skip_primary(scan, i + 1) - 1]++;
		}
	}
}

/* The text with the insertions; quotes also fold the keyword as the scanner would. */
static void
rewrite(const Scan *scan, AshSource *source)
{
	StringInfoData out;
	int from = 0;
	bool in_name = false;

	initStringInfo(&out);
	source->inserts = palloc((scan->ninsertions + 1) * sizeof(int));
	for (int i = 0; i < scan->ninsertions; i++)
	{
		const Insertion *insertion = &scan->insertions[i];

		for (; from < insertion->at; from++)
			appendStringInfoChar(&out, in_name ? pg_tolower((unsigned char) scan->text[from]) :
												 scan->text[from]);
		appendStringInfoChar(&out, insertion->what);
		source->inserts[i] = insertion->at;
		if (insertion->what == '"')
			in_name = !in_name;
	}
	appendStringInfoString(&out, scan->text + from);
	source->ninserts = scan->ninsertions;
	source->rewritten = out.data;
}

static void
blank_equalities(char *text, const Scan *scan)
{
	for (int i = 0; i < scan->ntokens; i++)
	{
		const Token *token = &scan->tokens[i];

		if (token->end - token->start == 2 && strncmp(text + token->start, "==", 2) == 0)
			text[token->start + 1] = ' ';
	}
}

static void
scan_source(const char *text, AshSource *source)
{
	char *copy = pstrdup(text);
	Scan scan = { copy };

	scan.maxtokens = scan.maxinsertions = 64;
	scan.tokens = palloc(scan.maxtokens * sizeof(Token));
	scan.insertions = palloc(scan.maxinsertions * sizeof(Insertion));
	tokenize(&scan);
	find_insertions(&scan);
	blank_equalities(copy, &scan);
	rewrite(&scan, source);
}

/* The one expression of a parsed list of statements, or NULL. */
static Node *
single_expression(List *parsed)
{
	SelectStmt *select;
	SelectStmt bare;
	ResTarget *target;

	if (list_length(parsed) != 1)
		return NULL;
	select = (SelectStmt *) linitial_node(RawStmt, parsed)->stmt;
	if (!IsA(select, SelectStmt) || list_length(select->targetList) != 1)
		return NULL;
	target = linitial_node(ResTarget, select->targetList);
	if (target->name != NULL || target->indirection != NIL)
		return NULL;

	/* nothing but the target list may be there */
	bare = *makeNode(SelectStmt);
	bare.targetList = select->targetList;
	return equal(&bare, select) ? target->val : NULL;
}

/* Faults of the text itself, as opposed to those of the server. */
static bool
is_fault_of_text(int sqlstate)
{
	int class = ERRCODE_TO_CATEGORY(sqlstate);

	return class == ERRCODE_TO_CATEGORY(ERRCODE_SYNTAX_ERROR) ||
		   class == ERRCODE_TO_CATEGORY(ERRCODE_DATA_EXCEPTION) ||
		   class == ERRCODE_TO_CATEGORY(ERRCODE_PROGRAM_LIMIT_EXCEEDED) ||
		   class == ERRCODE_TO_CATEGORY(ERRCODE_FEATURE_NOT_SUPPORTED) ||
		   class == ERRCODE_TO_CATEGORY(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE);
}

/* Byte offset of a character position from 1. */
static int
byte_offset(const char *text, int position)
{
	const char *at = text;

	while (--position > 0 && *at != '\0')
		at += pg_mblen(at);
	return at - text;
}

int
ash_expr_position(const AshSource *source, int location)
{
	int i = 0;

	if (location < 0)
		return 0;
	while (i < source->ninserts && source->inserts[i] + i < location)
		i++;
	location = Min(location - i, (int) strlen(source->text));
	return pg_mbstrlen_with_len(source->text, location) + 1;
}

/* The grammar's stack ends at some 10000 symbols; nobody writes so many brackets. */
#define DEEP_NESTING 2000

static bool
is_nested_deeply(const char *text, int end)
{
	int depth = 0;
	int deepest = 0;

	for (int i = 0; i < end; i++)
	{
		depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
		deepest = Max(deepest, depth);
	}
	return deepest > DEEP_NESTING;
}

/* What the character that PostgreSQL's grammar stopped at was probably meant for, or NULL. */
static const char *
syntax_hint(char c)
{
	switch (c)
	{
		case '^':
			return "Arguments are written arg.name, fields of the actor actor.name, without \"^\".";
		case ':':
			return "Names are written without \":\", strings in single quotes.";
		case '&':
			return "Conditions are joined with and, or, not.";
		default:
			return NULL;
	}
}

/* The character of the source at a location of its raw parse tree, or 0. */
char
ash_expr_source_char(const AshSource *source, int location)
{
	int position = ash_expr_position(source, location);

	return position > 0 ? source->text[byte_offset(source->text, position)] : '\0';
}

static void
report_parse_error(const ErrorData *edata, const AshSource *source, AshErrors *errors)
{
	const char *text = source->rewritten;
	AshError *error = ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "%s", edata->message);
	/* inside of a statement of SPI its error callback has moved the position */
	int position = edata->cursorpos > 0 ? edata->cursorpos : edata->internalpos;
	int offset;

	/* the text of a fragment stands inside of an expression, whose place is given later */
	if (text == NULL || position <= 0)
		return;
	offset = byte_offset(text, position);
	error->position = ash_expr_position(source, offset);
	error->hint = is_nested_deeply(text, offset) ? "The expression is nested too deeply." :
												   syntax_hint(text[offset]);
}

Node *
ash_expr_raw_parse_own(const char *text)
{
	bool saved = standard_conforming_strings;
	List *volatile parsed = NIL;

	PG_TRY();
	{
		standard_conforming_strings = true;
		parsed = raw_parser(text, RAW_PARSE_PLPGSQL_EXPR);
	}
	PG_FINALLY();
	{
		standard_conforming_strings = saved;
	}
	PG_END_TRY();
	return single_expression(parsed);
}

/* Scanned for the liberties, or plain SQL. */
static Node *
parse_source(const char *text, bool liberties, AshSource *source, AshErrors *errors)
{
	MemoryContext cxt = CurrentMemoryContext;
	bool saved = standard_conforming_strings;
	volatile int already = list_length(errors->items);
	Node *volatile node = NULL;

	memset(source, 0, sizeof(*source));
	source->text = text;
	if (strlen(text) > ASH_EXPR_MAX_SOURCE)
	{
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL, "expression is longer than %d bytes",
					  ASH_EXPR_MAX_SOURCE);
		return NULL;
	}
	PG_TRY();
	{
		standard_conforming_strings = true;
		if (liberties)
			scan_source(text, source);
		node = single_expression(
			raw_parser(liberties ? source->rewritten : text, RAW_PARSE_PLPGSQL_EXPR));
	}
	PG_CATCH();
	{
		ErrorData *edata;

		standard_conforming_strings = saved;
		MemoryContextSwitchTo(cxt);
		edata = CopyErrorData();
		if (!is_fault_of_text(edata->sqlerrcode))
			PG_RE_THROW();
		FlushErrorState();
		report_parse_error(edata, source, errors);
	}
	PG_END_TRY();
	standard_conforming_strings = saved;

	if (node == NULL && list_length(errors->items) == already)
		ash_error_add(errors, ASH_E_INVALID_DEFINITION, NULL,
					  "expression must be one value, without an alias and clauses");
	return node;
}

Node *
ash_expr_raw_parse(const char *text, AshSource *source, AshErrors *errors)
{
	return parse_source(text, true, source, errors);
}

Node *
ash_expr_raw_parse_text(const char *text, AshErrors *errors)
{
	AshSource source;

	return parse_source(text, false, &source, errors);
}
