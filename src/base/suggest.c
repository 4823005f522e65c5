/*-------------------------------------------------------------------------
 *
 * src/base/suggest.c
 *	  Did you mean: which of the valid names is near to the one given.
 *
 * Jaro similarity of at least 0.8, best first, as the framework does.  Names
 * are compared byte by byte: they are identifiers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "base/error.h"

#define MIN_SIMILARITY 0.8
#define MAX_COMPARED 128 /* longer names are not compared */
#define ROUNDING 1e-9

/* Marks the matching bytes of a and b within the window; returns how many there are. */
static int
match_bytes(const char *a, int alen, const char *b, int blen, bool *amatch, bool *bmatch)
{
	int window = Max(Max(alen, blen) / 2 - 1, 0);
	int matches = 0;

	for (int i = 0; i < alen; i++)
	{
		int from = Max(0, i - window);
		int to = Min(blen - 1, i + window);

		for (int j = from; j <= to; j++)
		{
			if (bmatch[j] || a[i] != b[j])
				continue;
			amatch[i] = bmatch[j] = true;
			matches++;
			break;
		}
	}
	return matches;
}

/* Half the number of matching bytes that are in another order. */
static double
transpositions(const char *a, int alen, const char *b, const bool *amatch, const bool *bmatch)
{
	int moved = 0;
	int j = 0;

	for (int i = 0; i < alen; i++)
	{
		if (!amatch[i])
			continue;
		while (!bmatch[j])
			j++;
		if (a[i] != b[j])
			moved++;
		j++;
	}
	return moved / 2.0;
}

/* Jaro similarity, 0 to 1. */
static double
jaro(const char *a, const char *b)
{
	int alen = strlen(a);
	int blen = strlen(b);
	bool amatch[MAX_COMPARED] = { false };
	bool bmatch[MAX_COMPARED] = { false };
	double m;

	if (alen == 0 || blen == 0 || alen > MAX_COMPARED || blen > MAX_COMPARED)
		return 0.0;
	m = match_bytes(a, alen, b, blen, amatch, bmatch);
	if (m == 0)
		return 0.0;
	return (m / alen + m / blen + (m - transpositions(a, alen, b, amatch, bmatch)) / m) / 3.0;
}

/*
 * False when the similarity cannot reach the minimum, because too few bytes of b occur in a at
 * all. This rules out most candidates at little cost.
 */
static bool
may_be_near(const bool *in_a, int alen, const char *b)
{
	int blen = 0;
	int matches = 0;

	for (; b[blen] != '\0'; blen++)
		matches += in_a[(unsigned char) b[blen]];
	return (double) matches / alen + (double) matches / Max(blen, 1) >=
		   3 * MIN_SIMILARITY - 1 - ROUNDING;
}

typedef struct Candidate
{
	const char *name;
	double similarity;
} Candidate;

/* qsort comparator: the most similar first. */
static int
by_similarity(const void *a, const void *b)
{
	double x = ((const Candidate *) a)->similarity;
	double y = ((const Candidate *) b)->similarity;

	return (x < y) - (x > y);
}

/*
 * Candidates longer than MAX_COMPARED bytes are never near. The result points to the
 * candidates.
 */
List *
ash_suggest(const char *word, List *candidates)
{
	Candidate *near = palloc(sizeof(Candidate) * Max(list_length(candidates), 1));
	bool in_word[UCHAR_MAX + 1] = { false };
	int len = strlen(word);
	int n = 0;
	List *result = NIL;
	ListCell *lc;

	for (int i = 0; i < len; i++)
		in_word[(unsigned char) word[i]] = true;
	foreach (lc, candidates)
	{
		double similarity;

		if (len == 0 || !may_be_near(in_word, len, lfirst(lc)))
			continue;
		similarity = jaro(word, lfirst(lc));
		if (similarity < MIN_SIMILARITY)
			continue;
		near[n].name = lfirst(lc);
		near[n++].similarity = similarity;
	}
	qsort(near, n, sizeof(Candidate), by_similarity);
	for (int i = 0; i < n; i++)
		result = lappend(result, unconstify(char *, near[i].name));
	pfree(near);
	return result;
}
