/*
 * Text: one word or line takes the place of another one or stands before it, or a line goes. The result
 * mostly still parses, and uses names that exist.
 */
#include "mutate.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct part {
	size_t begin, end;
} part;

static bool in_word(uint8_t c)
{
	return isalnum(c) || c == '_';
}

static part line_at(const uint8_t *text, size_t size, size_t at)
{
	part line = { at, at };

	while (line.begin > 0 && text[line.begin - 1] != '\n')
		line.begin--;
	while (line.end < size && text[line.end] != '\n')
		line.end++;
	if (line.end < size)
		line.end++;
	return line;
}

/* A word, or one other character. */
static part word_at(const uint8_t *text, size_t size, size_t at)
{
	part word = { at, at + 1 };

	if (!in_word(text[at]))
		return word;
	while (word.begin > 0 && in_word(text[word.begin - 1]))
		word.begin--;
	while (word.end < size && in_word(text[word.end]))
		word.end++;
	return word;
}

/* `from` in the place of `to`, both in the same text. */
static size_t replace(uint8_t *text, size_t size, size_t max_size, part to, part from)
{
	size_t length = from.end - from.begin, grown = size - (to.end - to.begin) + length;
	uint8_t *copy = malloc(length + 1);

	if (!copy || grown > max_size) {
		free(copy);
		return size;
	}
	memcpy(copy, text + from.begin, length);
	memmove(text + to.begin + length, text + to.end, size - to.end);
	memcpy(text + to.begin, copy, length);
	free(copy);
	return grown;
}

size_t mutate_text(uint8_t *text, size_t size, size_t max_size, uint32_t *state)
{
	if (size == 0)
		return LLVMFuzzerMutate(text, size, max_size);
	size_t here = mutate_random(state, size), there = mutate_random(state, size);
	part line = line_at(text, size, here), other_line = line_at(text, size, there);
	part word = word_at(text, size, here), other_word = word_at(text, size, there);

	switch (mutate_random(state, 6)) {
	case 0:
		return replace(text, size, max_size, line, other_line);
	case 1:
		return replace(text, size, max_size, (part){ line.begin, line.begin }, other_line);
	case 2:
		return replace(text, size, max_size, line, (part){ 0, 0 });
	case 3:
		return replace(text, size, max_size, (part){ word.begin, word.begin }, other_word);
	default:
		return replace(text, size, max_size, word, other_word);
	}
}
