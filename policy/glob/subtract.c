/*
 * Writes a graph of graph.c as globs. The nodes after a '/' are joints; each joint has a text,
 * a glob for the paths that lead to it, and gives at most two globs: one for what leaves the last
 * name's exceptions for good, one for the names that are complete. /proc/ without /proc/self/comm:
 *
 *     joint /proc/        /proc/{[^s],s[^e],se[^l],sel[^f],self[^/]}**     /proc/{s,se,sel,self}
 *     joint /proc/self/   /proc/self/{[^c],c[^o],co[^m],com[^m],comm{?,/}}** /proc/self/{,c,co,com}
 */

#include "policy/glob/private.h"

#include <stdlib.h>

/* A part of a text: one byte of a set, or text as it stands (a group, a star). */
struct part {
	bool is_text;
	struct byte_set set;
	struct slice text;
};

/* An alternative of a group, in parts so that [1-4]x and [5-9]x can become [1-9]x. */
struct words {
	const struct part *parts;
	uint32_t count;
};

struct word_list {
	struct words *at;
	uint32_t count, cap;
};

static const struct part star = {.is_text = true, .text = {"*", 1}};

/* A way into a node: from a node inside of the same name, or from the joint itself. */
struct way {
	struct way *next;
	uint32_t from;
	struct byte_set set;
};

/* A way into a joint: the names that lead there from another one. */
struct road {
	struct road *next;
	uint32_t from;
	struct slice names;
};

struct spot {
	/* inside of the name being written */
	struct way *ways, *last_way;
	uint32_t stamp;		   /* the joint + 1 that it was reached from last */
	struct word_list words;	   /* few: many are made one group */
	uint32_t dominator, depth; /* the last node that all ways pass, and how many there are */
	/* joints only */
	struct road *roads, *last_road;
	struct slice text;
	uint32_t joint_dominator, joint_depth;
};

struct writer {
	struct arena *arena; /* scratch */
	struct arena *result;
	const struct limits *limits;
	const struct graph *graph;
	struct spot *spots;
	struct slice *globs;
	size_t count, cap, bytes;
	bool failed; /* a limit was hit */
};

/* Lists of words. */

static void list_add(struct writer *w, struct word_list *list, struct words words)
{
	if (list->count == list->cap) {
		list->cap = list->cap ? list->cap * 2 : 16;
		struct words *more = arena_array(w->arena, list->cap, sizeof(*more));
		if (list->count > 0)
			memcpy(more, list->at, list->count * sizeof(*more));
		list->at = more;
	}
	list->at[list->count++] = words;
}

static struct words words_plus(struct writer *w, struct words words, struct part part)
{
	struct part *parts = arena_array(w->arena, (size_t)words.count + 1, sizeof(*parts));
	if (words.count > 0)
		memcpy(parts, words.parts, words.count * sizeof(*parts));
	parts[words.count] = part;
	return (struct words){parts, words.count + 1};
}

static bool part_eq(const struct part *a, const struct part *b)
{
	if (a->is_text != b->is_text)
		return false;
	return a->is_text ? slice_eq(a->text, b->text) : set_eq(&a->set, &b->set);
}

/* Two single bytes read better apart: `kernel,net`, not `[kn]…`. */
static bool is_range(const struct byte_set *set)
{
	return set_size(set) > 1;
}

/* The only place where two words of the same length differ, if both have a set there, or -1. */
static int only_difference(struct words a, struct words b)
{
	int at = -1;
	if (a.count != b.count)
		return -1;
	for (uint32_t i = 0; i < a.count; i++) {
		if (part_eq(&a.parts[i], &b.parts[i]))
			continue;
		if (at >= 0 || a.parts[i].is_text || b.parts[i].is_text)
			return -1;
		at = (int)i;
	}
	return at >= 0 && is_range(&a.parts[at].set) && is_range(&b.parts[at].set) ? at : -1;
}

static struct words unite(struct writer *w, struct words a, struct words b, uint32_t at)
{
	struct part *parts = arena_array(w->arena, a.count, sizeof(*parts));
	memcpy(parts, a.parts, a.count * sizeof(*parts));
	for (int i = 0; i < 4; i++)
		parts[at].set.bits[i] |= b.parts[at].set.bits[i];
	return (struct words){parts, a.count};
}

static void unite_words(struct writer *w, struct word_list *list)
{
	enum { WORTHWHILE = 64 };
	for (uint32_t i = 0; i < list->count && list->count <= WORTHWHILE; i++) {
		for (uint32_t k = i + 1; k < list->count; k++) {
			int at = only_difference(list->at[i], list->at[k]);
			if (at < 0)
				continue;
			list->at[i] = unite(w, list->at[i], list->at[k], (uint32_t)at);
			list->count--;
			memmove(list->at + k, list->at + k + 1,
				(list->count - k) * sizeof(*list->at));
			k = i; /* the new one may fit those before k */
		}
	}
}

/*
 * The order in a group: wide sets first, so that each name stands together:
 * [^as],a[^b],s[^h],sh[^m].
 */
static int part_cmp(const struct part *a, const struct part *b)
{
	if (a->is_text || b->is_text)
		return a->is_text && b->is_text ? slice_cmp(a->text, b->text)
						: (int)a->is_text - (int)b->is_text;
	unsigned a_size = set_size(&a->set), b_size = set_size(&b->set);
	if (a_size != b_size)
		return a_size > b_size ? -1 : 1;
	for (int i = 0; i < 4; i++) {
		uint64_t differ = a->set.bits[i] ^ b->set.bits[i];
		if (differ)
			return a->set.bits[i] & differ & -differ ? -1 : 1;
	}
	return 0;
}

static int words_cmp(const void *left, const void *right)
{
	const struct words *a = left, *b = right;
	for (uint32_t i = 0; i < a->count && i < b->count; i++) {
		int cmp = part_cmp(&a->parts[i], &b->parts[i]);
		if (cmp != 0)
			return cmp;
	}
	return a->count < b->count ? -1 : a->count > b->count;
}

static void add_words(struct buf *out, struct words words, uint32_t from)
{
	for (uint32_t i = from; i < words.count; i++) {
		if (words.parts[i].is_text)
			buf_add(out, words.parts[i].text);
		else
			aare_set(out, &words.parts[i].set);
	}
}

/* The words from part `from` on, in braces if there are several. */
static struct slice group_text(struct writer *w, struct word_list *list, uint32_t from)
{
	struct buf out = buf_new(w->arena);
	unite_words(w, list);
	qsort(list->at, list->count, sizeof(*list->at), words_cmp);
	if (list->count > 1)
		buf_add_char(&out, '{');
	for (uint32_t i = 0; i < list->count && !w->failed; i++) {
		if (i > 0)
			buf_add_char(&out, ',');
		add_words(&out, list->at[i], from);
		w->failed |= out.len > w->limits->glob_text;
	}
	if (list->count > 1)
		buf_add_char(&out, '}');
	return buf_slice(&out);
}

/* Inside of a name. */

static struct byte_set without_slash(struct byte_set set)
{
	set.bits['/' >> 6] &= ~((uint64_t)1 << ('/' & 63));
	return set;
}

static bool set_empty(const struct byte_set *set)
{
	return !(set->bits[0] | set->bits[1] | set->bits[2] | set->bits[3]);
}

static void add_way(struct writer *w, uint32_t joint, uint32_t from, const struct edge *edge)
{
	struct byte_set set = without_slash(edge->set);
	if (edge->to == ALL_NODE || set_empty(&set))
		return;
	struct spot *spot = &w->spots[edge->to];
	if (spot->stamp != joint + 1) {
		spot->stamp = joint + 1;
		spot->ways = spot->last_way = NULL;
	}
	struct way *way = arena_new(w->arena, struct way);
	*way = (struct way){.from = from, .set = set};
	if (spot->last_way)
		spot->last_way->next = way;
	else
		spot->ways = way;
	spot->last_way = way;
}

static uint32_t common_dominator(const struct writer *w, uint32_t a, uint32_t b)
{
	while (a != b) {
		if (w->spots[a].depth >= w->spots[b].depth)
			a = w->spots[a].dominator;
		else
			b = w->spots[b].dominator;
	}
	return a;
}

/* Adds the words of a node, each with one more part, or as they are. */
static void add_all_words(
	struct writer *w, struct word_list *list, uint32_t from, const struct part *part)
{
	const struct word_list *words = &w->spots[from].words;
	for (uint32_t i = 0; i < words->count; i++)
		list_add(w, list, part ? words_plus(w, words->at[i], *part) : words->at[i]);
}

/* Makes the words of a node one, with a group behind what they have in common. */
static void make_group(struct writer *w, struct spot *spot)
{
	uint32_t base = spot->dominator;
	while (w->spots[base].words.count > 1)
		base = w->spots[base].dominator;
	struct words common = w->spots[base].words.at[0];
	struct part part = {.is_text = true};
	part.text = group_text(w, &spot->words, common.count);
	struct words words = words_plus(w, common, part);
	spot->words = (struct word_list){0};
	list_add(w, &spot->words, words);
}

/* The words of a node, from those of the nodes before it. */
static void write_spot(struct writer *w, uint32_t at)
{
	enum { FEW = 4 };
	struct spot *spot = &w->spots[at];
	uint32_t dominator = spot->ways->from;
	spot->words = (struct word_list){0};
	for (const struct way *way = spot->ways; way; way = way->next) {
		struct part part = {.set = way->set};
		add_all_words(w, &spot->words, way->from, &part);
		dominator = common_dominator(w, dominator, way->from);
	}
	spot->dominator = dominator;
	spot->depth = w->spots[dominator].depth + 1;
	unite_words(w, &spot->words);
	bool loop = w->graph->nodes[at].loop;
	if (spot->words.count > (loop ? 1 : FEW))
		make_group(w, spot);
	if (loop)
		spot->words.at[0] = words_plus(w, spot->words.at[0], star);
}

/* Joints. */

/* A joint that matches itself and leads nowhere is written along with the name before it. */
static bool is_leaf(const struct graph *graph, uint32_t at)
{
	return graph->nodes[at].joint && graph->nodes[at].accepts &&
	       graph->nodes[at].edge_count == 0;
}

/* A node before a '/' that leads to another joint. */
struct exit {
	struct exit *next;
	uint32_t node, joint;
};

struct joint_lists {
	struct word_list complete; /* names that are matched as they stand */
	struct word_list leaving;  /* after these, everything is */
	struct exit *exits, *last_exit;
};

static void add_exit(struct writer *w, struct joint_lists *lists, uint32_t joint, uint32_t node)
{
	struct exit *added = arena_new(w->arena, struct exit);
	*added = (struct exit){.node = node, .joint = joint};
	if (lists->last_exit)
		lists->last_exit->next = added;
	else
		lists->exits = added;
	lists->last_exit = added;
}

/*
 * After a '/' another one is free: it is left in where that makes the set a short "all but", [^a].
 */
static struct byte_set leaving_set(const struct node *node, const struct edge *edge)
{
	struct byte_set set = without_slash(edge->set);
	unsigned size = set_size(&set);
	return node->joint && (size < 127 || size == 254) ? set : edge->set;
}

static void collect_spot(struct writer *w, struct joint_lists *lists, uint32_t at)
{
	const struct node *node = &w->graph->nodes[at];
	if (node->accepts)
		add_all_words(w, &lists->complete, at, NULL);
	for (uint32_t e = 0; e < node->edge_count; e++) {
		const struct edge *edge = &node->edges[e];
		struct part part = {.set = edge->set};
		if (edge->to == ALL_NODE) {
			part.set = leaving_set(node, edge);
			add_all_words(w, &lists->leaving, at, &part);
		} else if (set_has(&edge->set, '/') && is_leaf(w->graph, edge->to)) {
			add_all_words(w, &lists->complete, at, &part);
		} else if (set_has(&edge->set, '/')) {
			add_exit(w, lists, edge->to, at);
		}
	}
}

/* All nodes of the name after the joint. */
static void collect_name(struct writer *w, uint32_t joint, struct joint_lists *lists)
{
	/* Only the start can loop: the head of /proc/a** ends inside of a name. */
	struct words begin = {0};
	if (w->graph->nodes[joint].loop)
		begin = words_plus(w, begin, star);
	w->spots[joint].words = (struct word_list){0};
	list_add(w, &w->spots[joint].words, begin);
	w->spots[joint].depth = 0;
	w->spots[joint].dominator = joint;
	w->spots[joint].stamp = joint + 1;
	for (uint32_t at = joint; at < w->graph->count && !w->failed; at++) {
		const struct node *node = &w->graph->nodes[at];
		if (w->spots[at].stamp != joint + 1)
			continue;
		if (at != joint)
			write_spot(w, at);
		collect_spot(w, lists, at);
		for (uint32_t e = 0; e < node->edge_count; e++)
			add_way(w, joint, at, &node->edges[e]);
	}
}

/* Tells the joints that follow how this one leads to them. */
static void build_roads(struct writer *w, uint32_t joint, const struct joint_lists *lists)
{
	for (const struct exit *at = lists->exits; at && !w->failed; at = at->next) {
		struct spot *to = &w->spots[at->joint];
		if (to->last_road && to->last_road->from == joint)
			continue;
		struct word_list names = {0};
		for (const struct exit *other = at; other; other = other->next)
			if (other->joint == at->joint)
				add_all_words(w, &names, other->node, NULL);
		struct road *road = arena_new(w->arena, struct road);
		*road = (struct road){.from = joint, .names = group_text(w, &names, 0)};
		if (to->last_road)
			to->last_road->next = road;
		else
			to->roads = road;
		to->last_road = road;
	}
}

static uint32_t common_joint(const struct writer *w, uint32_t a, uint32_t b)
{
	while (a != b) {
		if (w->spots[a].joint_depth >= w->spots[b].joint_depth)
			a = w->spots[a].joint_dominator;
		else
			b = w->spots[b].joint_dominator;
	}
	return a;
}

/* The text of a joint, from those of the joints before it. */
static void write_joint(struct writer *w, uint32_t at)
{
	struct spot *spot = &w->spots[at];
	struct buf out = buf_new(w->arena);
	uint32_t dominator = spot->roads->from;
	for (const struct road *road = spot->roads; road; road = road->next)
		dominator = common_joint(w, dominator, road->from);
	struct slice base = w->spots[dominator].text;
	bool several = spot->roads->next != NULL;
	spot->joint_dominator = dominator;
	spot->joint_depth = w->spots[dominator].joint_depth + 1;
	buf_add(&out, base);
	buf_add_str(&out, several ? "{" : "");
	for (const struct road *road = spot->roads; road; road = road->next) {
		buf_add(&out, slice_from(w->spots[road->from].text, base.len));
		buf_add(&out, road->names);
		buf_add_str(&out, road->next ? "," : "");
		w->failed |= out.len > w->limits->glob_text;
	}
	buf_add_str(&out, several ? "}/" : "/");
	spot->text = buf_slice(&out);
}

/* Outcome. */

static void add_glob(struct writer *w, struct slice joint, struct slice names, const char *tail)
{
	struct buf text = buf_new(w->arena), out = buf_new(w->result);
	buf_add(&text, joint);
	buf_add(&text, names);
	buf_add_str(&text, tail);
	aare_shorten(&out, buf_slice(&text));
	w->bytes += out.len;
	if (w->count == w->limits->carved_rules || out.len > w->limits->glob_text ||
		w->bytes > w->limits->policy_bytes) {
		w->failed = true;
		return;
	}
	if (w->count == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 8;
		struct slice *more = arena_array(w->result, w->cap, sizeof(*more));
		if (w->count > 0)
			memcpy(more, w->globs, w->count * sizeof(*more));
		w->globs = more;
	}
	w->globs[w->count++] = buf_slice(&out);
}

/* `**` after a '/' at the end would not match nothing. */
static const char *leaving_tail(struct slice names)
{
	return slice_ends(names, SLICE("/")) ? "{,**}" : "**";
}

/* The parts that words of this length have in front of the last few, in whole steps. */
static uint32_t front_parts(struct words words)
{
	enum { STEP = 16 };
	return words.count == 0 ? 0 : (words.count - 1) / STEP * STEP;
}

static bool same_front(struct words a, struct words b)
{
	uint32_t front = front_parts(a);
	if (front != front_parts(b))
		return false;
	for (uint32_t i = 0; i < front; i++)
		if (!part_eq(&a.parts[i], &b.parts[i]))
			return false;
	return true;
}

/*
 * One glob for all words, more where they are long: those of a name of 64 bytes would take 2000
 * bytes in one group, and apparmor_parser's time with them.
 */
static void write_words(
	struct writer *w, struct slice joint, struct word_list *list, const char *tail)
{
	unite_words(w, list);
	bool *done = arena_array(w->arena, list->count, sizeof(*done));
	for (uint32_t i = 0; i < list->count && !w->failed; i++) {
		struct word_list same = {0};
		struct buf front = buf_new(w->arena);
		if (done[i])
			continue;
		for (uint32_t k = i; k < list->count; k++) {
			if (done[k] || !same_front(list->at[i], list->at[k]))
				continue;
			done[k] = true;
			list_add(w, &same, list->at[k]);
		}
		uint32_t from = front_parts(list->at[i]);
		struct words words = {list->at[i].parts, from};
		buf_add(&front, joint);
		add_words(&front, words, 0);
		struct slice names = group_text(w, &same, from);
		add_glob(w, buf_slice(&front), names, *tail ? leaving_tail(names) : "");
	}
}

static void write_name(struct writer *w, uint32_t joint)
{
	struct joint_lists lists = {0};
	struct slice text = w->spots[joint].text;
	collect_name(w, joint, &lists);
	if (!w->failed)
		write_words(w, text, &lists.leaving, "**");
	if (!w->failed)
		write_words(w, text, &lists.complete, "");
	if (!w->failed)
		build_roads(w, joint, &lists);
}

static void write_graph(struct writer *w)
{
	struct buf head = buf_new(w->arena);
	aare_literal(&head, w->graph->head);
	w->spots = arena_array(w->arena, w->graph->count, sizeof(*w->spots));
	for (uint32_t at = 0; at < w->graph->count && !w->failed; at++) {
		if (at == 0)
			w->spots[at].text = buf_slice(&head);
		else if (!w->graph->nodes[at].joint || is_leaf(w->graph, at))
			continue;
		else
			write_joint(w, at);
		if (!w->failed)
			write_name(w, at);
	}
}

static enum glob_answer subtract(struct arena *arena, struct arena *scratch,
	const struct limits *limits, const struct glob *const *globs, size_t count,
	struct slice **ret_globs, size_t *ret_count)
{
	struct graph graph;
	enum glob_answer answer = graph_make(scratch, limits, globs, count, &graph);
	if (answer != GLOB_YES)
		return answer;
	struct writer w = {.arena = scratch, .result = arena, .limits = limits, .graph = &graph};
	if (graph.count > 0)
		write_graph(&w);
	if (w.failed)
		return GLOB_TOO_COMPLEX;
	*ret_globs = w.globs;
	*ret_count = w.count;
	return GLOB_YES;
}

enum glob_answer glob_subtract(struct arena *arena, const struct limits *limits,
	const struct glob *whole, const struct glob *const *except, size_t count,
	struct slice **ret_globs, size_t *ret_count)
{
	struct arena scratch;
	arena_init(&scratch, arena->out_of_memory);
	const struct glob **globs = arena_array(&scratch, count + 1, sizeof(*globs));
	enum glob_answer answer = GLOB_NO;
	size_t near = 1;
	globs[0] = whole;
	for (size_t i = 0; i < count && answer != GLOB_TOO_COMPLEX; i++) {
		answer = glob_overlap(&scratch, limits, whole, except[i], NULL);
		if (answer == GLOB_YES)
			globs[near++] = except[i];
	}
	if (answer != GLOB_TOO_COMPLEX && near == 1) {
		*ret_globs = arena_new(arena, struct slice);
		**ret_globs = arena_copy(arena, whole->text);
		*ret_count = 1;
		answer = GLOB_YES;
	} else if (answer != GLOB_TOO_COMPLEX) {
		answer = subtract(arena, &scratch, limits, globs, near, ret_globs, ret_count);
	}
	arena_free(&scratch);
	return answer;
}
