/*
 * bench/case.c
 *	  Case files: what is compared, and how.  Their format is described in bench/README.md.
 */
#define _POSIX_C_SOURCE 200809L

#include "ashbench.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MARKER "--@"

/* Prints a message and ends the process: a measurement that is half right is worth nothing. */
void
die(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("ashbench: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(EXIT_FAILURE);
}

void *
allocate(size_t size)
{
	void *memory = malloc(size);

	if (memory == NULL)
		die("out of memory");
	return memory;
}

/* The whole of a file as a NUL-terminated string. */
static char *
read_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text;
	long size;

	if (file == NULL)
		die("%s: %s", path, strerror(errno));
	if (fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0)
		die("%s: %s", path, strerror(errno));
	rewind(file);
	text = allocate((size_t) size + 1);
	if (fread(text, 1, (size_t) size, file) != (size_t) size)
		die("%s: cannot be read", path);
	text[size] = '\0';
	fclose(file);
	return text;
}

/* Cuts blanks off both ends, in place. */
static char *
trim(char *text)
{
	char *end;

	text += strspn(text, " \t\r\n");
	end = text + strlen(text);
	while (end > text && strchr(" \t\r\n", end[-1]) != NULL)
		end--;
	*end = '\0';
	return text;
}

/* Splits a marker line into a header, or opens a section whose text begins at "rest". */
static void
add_entry(Case *c, char *line, char *rest)
{
	char *colon = strchr(line, ':');
	Entry *entry;

	if (c->nentries == MAX_ENTRIES)
		die("%s: more than %d headers and sections", c->path, MAX_ENTRIES);
	entry = &c->entries[c->nentries++];
	entry->value = colon ? trim(colon + 1) : rest;
	if (colon)
		*colon = '\0';
	entry->key = trim(line);
}

/* Reads a case.  Text before the first marker is commentary. */
void
load_case(Case *c, const char *path, const char *size)
{
	char *line;
	char *next;

	c->path = path;
	c->size = size;
	c->text = read_file(path);
	c->nentries = 0;
	for (line = c->text; line != NULL; line = next)
	{
		next = strchr(line, '\n');
		if (strncmp(line, MARKER, strlen(MARKER)) != 0)
		{
			if (next)
				next++;
			continue;
		}
		*line = '\0'; /* ends the section above */
		if (next)
			*next++ = '\0';
		add_entry(c, line + strlen(MARKER), next ? next : line);
	}
}

/* The value of a header or section, or NULL. */
const char *
entry_value(const Case *c, const char *key)
{
	int i;

	for (i = 0; i < c->nentries; i++)
		if (strcmp(c->entries[i].key, key) == 0)
			return c->entries[i].value;
	return NULL;
}

/* The value that belongs to one side: "params a" if there is one, else "params". */
const char *
side_value(const Case *c, const char *key, char label)
{
	char own[64];
	const char *value;

	snprintf(own, sizeof(own), "%s %c", key, label);
	value = entry_value(c, own);
	return value ? value : entry_value(c, key);
}

const char *
required_value(const Case *c, const char *key)
{
	const char *value = entry_value(c, key);

	if (value == NULL)
		die("%s: no \"%s\"", c->path, key);
	return value;
}

/*
 * A number that may depend on the size of the run: "rows" has the variants "rows quick" and
 * "rows full".
 */
int
sized_number(const Case *c, const char *key, int missing)
{
	char own[64];
	const char *value = NULL;

	if (c->size)
	{
		snprintf(own, sizeof(own), "%s %s", key, c->size);
		value = entry_value(c, own);
	}
	if (value == NULL)
		value = entry_value(c, key);
	return value ? atoi(value) : missing;
}

Mode
case_mode(const Case *c)
{
	const char *mode = required_value(c, "mode");

	if (strcmp(mode, "read") == 0)
		return MODE_READ;
	if (strcmp(mode, "rollback") == 0)
		return MODE_ROLLBACK;
	if (strcmp(mode, "fresh") == 0)
		return MODE_FRESH;
	die("%s: mode is \"%s\", must be read, rollback or fresh", c->path, mode);
	return MODE_READ;
}
