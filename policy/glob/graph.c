/*
 * From the automaton of "this glob and none of those" to the smallest graph that says the same.
 * Paths never hold "//", so what comes after one is free: it is said to be accepted where that
 * makes a set of bytes simpler (`[^a]` includes '/'), refused elsewhere.
 */

#include "policy/glob/private.h"

enum { GROUP_DEAD, GROUP_ALL, GROUP_FIRST };

enum state_kind { KIND_OPEN, KIND_DEAD, KIND_ALL };

struct full {
	struct machine machine;
	struct arena *arena;
	uint32_t **rows; /* of each open state: the state that each class leads to */
	uint32_t row_cap;
	uint8_t *kinds; /* enum state_kind */
	bool *accepts;
	uint32_t *group;
	uint16_t slash; /* the class of '/' */
};

/* Exploring. */

static void judge(struct full *full, uint32_t state)
{
	const struct machine *machine = &full->machine;
	struct standing whole, except = machine_standings(machine, state, &whole);
	full->accepts[state] = whole.accepts && !except.accepts;
	full->kinds[state] = !whole.alive || except.rest   ? KIND_DEAD
			     : whole.rest && !except.alive ? KIND_ALL
							   : KIND_OPEN;
}

static void make_room(struct full *full, uint32_t count)
{
	if (count <= full->row_cap)
		return;
	uint32_t cap = count * 2 + 64;
	uint32_t **rows = arena_array(full->arena, cap, sizeof(*rows));
	uint8_t *kinds = arena_array(full->arena, cap, sizeof(*kinds));
	bool *accepts = arena_array(full->arena, cap, sizeof(*accepts));
	if (full->row_cap > 0) {
		memcpy(rows, full->rows, full->row_cap * sizeof(*rows));
		memcpy(kinds, full->kinds, full->row_cap * sizeof(*kinds));
		memcpy(accepts, full->accepts, full->row_cap * sizeof(*accepts));
	}
	full->rows = rows;
	full->kinds = kinds;
	full->accepts = accepts;
	full->row_cap = cap;
}

static bool explore(struct full *full)
{
	struct machine *machine = &full->machine;
	for (uint32_t from = 0; from < machine->state_count; from++) {
		make_room(full, from + 1);
		judge(full, from);
		if (full->kinds[from] != KIND_OPEN)
			continue;
		uint32_t *row = arena_array(full->arena, machine->class_count, sizeof(*row));
		full->rows[from] = row;
		for (uint16_t class = 0; class < machine->class_count; class ++)
			if (!machine_step(machine, from, class, &row[class]))
				return false;
	}
	return machine->state_count > 0;
}

/* Reachability. */

/* Whether the edge would put a second slash after one. */
static bool is_free(const struct full *full, uint32_t state, uint16_t class)
{
	return class == full->slash && full->machine.states[state].after_slash;
}

/* Extends `marked` to all states from which a marked one can be reached. */
static void spread_back(const struct full *full, bool *marked)
{
	uint32_t count = full->machine.state_count;
	uint16_t classes = full->machine.class_count;
	size_t *start = arena_array(full->arena, (size_t)count + 2, sizeof(*start));
	for (uint32_t i = 0; i < count; i++)
		for (uint16_t c = 0; full->rows[i] && c < classes; c++)
			if (full->rows[i][c] != NO_STATE)
				start[full->rows[i][c] + 2]++;
	for (uint32_t i = 0; i <= count; i++)
		start[i + 1] += start[i];
	uint32_t *from = arena_array(full->arena, start[count + 1], sizeof(*from));
	for (uint32_t i = 0; i < count; i++)
		for (uint16_t c = 0; full->rows[i] && c < classes; c++)
			if (full->rows[i][c] != NO_STATE)
				from[start[full->rows[i][c] + 1]++] = i;
	uint32_t *list = arena_array(full->arena, count, sizeof(*list)), listed = 0;
	for (uint32_t i = 0; i < count; i++)
		if (marked[i])
			list[listed++] = i;
	for (uint32_t i = 0; i < listed; i++)
		for (size_t k = start[list[i]]; k < start[list[i] + 1]; k++)
			if (!marked[from[k]]) {
				marked[from[k]] = true;
				list[listed++] = from[k];
			}
}

static bool can_fail_next(const struct full *full, uint32_t state)
{
	for (uint16_t c = 0; c < full->machine.class_count; c++)
		if (full->rows[state][c] == NO_STATE && !is_free(full, state, c))
			return true;
	return false;
}

/* States without a way to a match are dead, those without a way to a failure accept all. */
static void find_kinds(struct full *full)
{
	uint32_t count = full->machine.state_count;
	bool *live = arena_array(full->arena, count, sizeof(*live));
	bool *fails = arena_array(full->arena, count, sizeof(*fails));
	for (uint32_t i = 0; i < count; i++) {
		bool open = full->kinds[i] == KIND_OPEN;
		live[i] = full->kinds[i] == KIND_ALL || (open && full->accepts[i]);
		fails[i] = full->kinds[i] == KIND_DEAD ||
			   (open && (!full->accepts[i] || can_fail_next(full, i)));
	}
	spread_back(full, live);
	spread_back(full, fails);
	for (uint32_t i = 0; i < count; i++)
		full->kinds[i] = !live[i] ? KIND_DEAD : !fails[i] ? KIND_ALL : KIND_OPEN;
}

/* Minimising: states are split until those of a group agree on where each class leads. */

static uint32_t group_of(const struct full *full, uint32_t state)
{
	return state == NO_STATE ? GROUP_DEAD : full->group[state];
}

static uint32_t next_group(const struct full *full, uint32_t state, uint16_t class)
{
	if (!is_free(full, state, class))
		return group_of(full, full->rows[state][class]);
	for (uint16_t c = 0; c < full->machine.class_count; c++)
		if (c != class && group_of(full, full->rows[state][c]) == GROUP_ALL)
			return GROUP_ALL;
	return GROUP_DEAD;
}

static bool same_groups(const struct full *full, uint32_t a, uint32_t b)
{
	if (full->group[a] != full->group[b])
		return false;
	for (uint16_t c = 0; c < full->machine.class_count; c++)
		if (next_group(full, a, c) != next_group(full, b, c))
			return false;
	return true;
}

static uint32_t hash_groups(const struct full *full, uint32_t state)
{
	uint32_t hash = full->group[state] * 16777619u;
	for (uint16_t c = 0; c < full->machine.class_count; c++)
		hash = (hash ^ next_group(full, state, c)) * 16777619u;
	return hash ^ hash >> 13;
}

/* One round: writes finer groups to `finer`; returns how many there are. */
static uint32_t split_groups(
	const struct full *full, uint32_t *finer, uint32_t *table, size_t table_size)
{
	uint32_t count = GROUP_FIRST;
	memset(table, 0, table_size * sizeof(*table));
	for (uint32_t i = 0; i < full->machine.state_count; i++) {
		finer[i] = full->group[i];
		if (full->kinds[i] != KIND_OPEN)
			continue;
		size_t at = hash_groups(full, i) & (table_size - 1);
		while (table[at] && !same_groups(full, table[at] - 1, i))
			at = (at + 1) & (table_size - 1);
		if (table[at]) {
			finer[i] = finer[table[at] - 1];
		} else {
			finer[i] = count++;
			table[at] = i + 1;
		}
	}
	return count;
}

static bool find_groups(struct full *full)
{
	uint32_t count = full->machine.state_count, groups = 0, more;
	size_t table_size = 64, work = 0;
	while (table_size < (size_t)count * 2)
		table_size *= 2;
	uint32_t *table = arena_array(full->arena, table_size, sizeof(*table));
	uint32_t *finer = arena_array(full->arena, count, sizeof(*finer));
	full->group = arena_array(full->arena, count, sizeof(*full->group));
	for (uint32_t i = 0; i < count; i++)
		full->group[i] = full->kinds[i] == KIND_DEAD ? GROUP_DEAD
				 : full->kinds[i] == KIND_ALL
					 ? GROUP_ALL
					 : (uint32_t)GROUP_FIRST + full->accepts[i] * 2u +
						   full->machine.states[i].after_slash;
	while ((more = split_groups(full, finer, table, table_size)) != groups) {
		uint32_t *swap = full->group;
		full->group = finer;
		finer = swap;
		groups = more;
		work += (size_t)count * full->machine.class_count;
		if (work > full->machine.work_limit)
			return false;
	}
	return true;
}

/* The graph. */

static struct edge *edge_to(struct node *node, uint32_t to)
{
	for (uint32_t i = 0; i < node->edge_count; i++)
		if (node->edges[i].to == to)
			return &node->edges[i];
	node->edges[node->edge_count] = (struct edge){.to = to};
	return &node->edges[node->edge_count++];
}

struct draft {
	struct node *nodes;
	uint32_t *state;  /* a state of each node's group */
	uint32_t *number; /* node + 1 of each group */
	uint32_t count;
};

static uint32_t draft_node(struct draft *draft, const struct full *full, uint32_t state)
{
	uint32_t group = full->group[state];
	if (group == GROUP_ALL)
		return ALL_NODE;
	if (draft->number[group] == 0) {
		draft->nodes[draft->count] = (struct node){.accepts = full->accepts[state],
			.joint = full->machine.states[state].after_slash};
		draft->state[draft->count] = state;
		draft->number[group] = ++draft->count;
	}
	return draft->number[group] - 1;
}

static void add_class_bytes(const struct machine *machine, uint16_t class, struct byte_set *set)
{
	for (int byte = 1; byte < 256; byte++)
		if (machine->class_of[byte] == class)
			set_add(set, (uint8_t)byte);
}

static void draft_edges(struct draft *draft, const struct full *full, uint32_t at)
{
	uint32_t state = draft->state[at];
	uint16_t classes = full->machine.class_count;
	struct edge edges[257] = {0};
	struct node node = draft->nodes[at];
	node.edges = edges;
	for (uint16_t c = 0; c < classes; c++) {
		uint32_t group = next_group(full, state, c), to = ALL_NODE;
		if (group == GROUP_DEAD)
			continue;
		if (group != GROUP_ALL)
			to = draft_node(draft, full, full->rows[state][c]);
		add_class_bytes(&full->machine, c, &edge_to(&node, to)->set);
	}
	node.edges = arena_array(full->arena, node.edge_count, sizeof(*edges));
	memcpy(node.edges, edges, node.edge_count * sizeof(*edges));
	draft->nodes[at] = node;
}

static struct draft make_draft(const struct full *full)
{
	uint32_t count = full->machine.state_count;
	struct draft draft = {0};
	draft.nodes = arena_array(full->arena, count, sizeof(*draft.nodes));
	draft.state = arena_array(full->arena, count, sizeof(*draft.state));
	draft.number = arena_array(full->arena, (size_t)count + GROUP_FIRST, sizeof(*draft.number));
	draft_node(&draft, full, 0);
	for (uint32_t i = 0; i < draft.count; i++)
		draft_edges(&draft, full, i);
	return draft;
}

/* Takes the loop of `*` out of the edges. False when there is any other. */
static bool take_loop(struct node *node, uint32_t number)
{
	for (uint32_t i = 0; i < node->edge_count; i++) {
		if (node->edges[i].to != number)
			continue;
		if (!set_eq(&node->edges[i].set, &glob_fixed_sets[SET_NAME]))
			return false;
		node->loop = true;
		node->edge_count--;
		memmove(node->edges + i, node->edges + i + 1,
			(node->edge_count - i) * sizeof(*node->edges));
		i--;
	}
	return true;
}

/* Orders the nodes so that all edges lead on. False when they cannot be. */
static bool order_nodes(struct arena *arena, struct draft *draft, struct node *ordered)
{
	uint32_t *before = arena_array(arena, draft->count, sizeof(*before));
	uint32_t *queue = arena_array(arena, draft->count, sizeof(*queue));
	uint32_t *place = arena_array(arena, draft->count, sizeof(*place));
	uint32_t queued = 1; /* the start is node 0 */
	for (uint32_t i = 0; i < draft->count; i++) {
		if (!take_loop(&draft->nodes[i], i))
			return false;
		for (uint32_t e = 0; e < draft->nodes[i].edge_count; e++)
			if (draft->nodes[i].edges[e].to != ALL_NODE)
				before[draft->nodes[i].edges[e].to]++;
	}
	if (before[0] > 0)
		return false;
	for (uint32_t i = 0; i < queued; i++) {
		const struct node *node = &draft->nodes[queue[i]];
		place[queue[i]] = i;
		for (uint32_t e = 0; e < node->edge_count; e++)
			if (node->edges[e].to != ALL_NODE && --before[node->edges[e].to] == 0)
				queue[queued++] = node->edges[e].to;
	}
	for (uint32_t i = 0; i < queued; i++) {
		ordered[i] = draft->nodes[queue[i]];
		for (uint32_t e = 0; e < ordered[i].edge_count; e++)
			if (ordered[i].edges[e].to != ALL_NODE)
				ordered[i].edges[e].to = place[ordered[i].edges[e].to];
	}
	return queued == draft->count;
}

enum glob_answer graph_make(struct arena *scratch, const struct limits *limits,
	const struct glob *const *globs, size_t count, struct graph *ret_graph)
{
	struct full full = {.arena = scratch};
	machine_init(&full.machine, scratch, limits, globs, count);
	full.slash = full.machine.class_of['/'];
	bool explored = explore(&full);
	limits_spend(limits, full.machine.work);
	if (!explored)
		return GLOB_TOO_COMPLEX;
	find_kinds(&full);
	struct graph graph = {.head = slice_first(globs[0]->prefix, full.machine.skip)};
	if (full.kinds[0] == KIND_DEAD) {
		*ret_graph = graph;
		return GLOB_YES;
	}
	if (full.kinds[0] == KIND_ALL)
		return GLOB_NO; /* nothing to take away: the caller has looked before */
	if (!find_groups(&full))
		return GLOB_TOO_COMPLEX;
	struct draft draft = make_draft(&full);
	graph.count = draft.count;
	graph.nodes = arena_array(scratch, graph.count, sizeof(*graph.nodes));
	if (!order_nodes(scratch, &draft, graph.nodes))
		return GLOB_NO;
	*ret_graph = graph;
	return GLOB_YES;
}
