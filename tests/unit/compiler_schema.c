#include "compiler/output/schema.h"
#include "compiler/service/keys.h"
#include "tests/unit/unit.h"

#include <jansson.h>

/* A validator of its own compares the schema with the samples; here it is about the tables. */

UNIT_TEST(schema_is_the_same_on_every_run)
{
	struct arena arena;
	arena_init(&arena, test_out_of_memory);
	struct buf first = buf_new(&arena), again = buf_new(&arena);
	CU_ASSERT_TRUE(schema_print(&first));
	CU_ASSERT_TRUE(schema_print(&again));
	CU_ASSERT_TRUE(slice_eq(buf_slice(&first), buf_slice(&again)));
	json_t *parsed = json_loadb(first.at, first.len, JSON_REJECT_DUPLICATES, NULL);
	CU_ASSERT_PTR_NOT_NULL(parsed);
	json_decref(parsed);
	arena_free(&arena);
}

/* Whatever says which properties there are refuses all other ones. */
static void check_closed(const json_t *schema, size_t *mappings)
{
	const char *name;
	json_t *member;
	size_t i;
	if (json_is_array(schema))
		json_array_foreach(schema, i, member) check_closed(member, mappings);
	if (!json_is_object(schema))
		return;
	if (json_object_get(schema, "type") && json_object_get(schema, "properties")) {
		CU_ASSERT_TRUE(json_is_false(json_object_get(schema, "additionalProperties")));
		(*mappings)++;
	}
	json_object_foreach((json_t *)schema, name, member) check_closed(member, mappings);
}

UNIT_TEST(schema_refuses_unknown_keys)
{
	json_t *schema = schema_new();
	CU_ASSERT_PTR_NOT_NULL_FATAL(schema);
	size_t mappings = 0;
	check_closed(schema, &mappings);
	/* Each list of paths stands in the service and in its children, programs twice. */
	CU_ASSERT_TRUE(mappings >= PLACE_COUNT);
	json_decref(schema);
}

static void check_keys(const json_t *schema, enum place place)
{
	const json_t *properties = json_object_get(schema, "properties");
	CU_ASSERT_PTR_NOT_NULL_FATAL(properties);
	size_t count = 0;
	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (!(keys[i].places & 1u << place))
			continue;
		const json_t *key = json_object_get(properties, keys[i].name.at);
		CU_ASSERT_STRING_EQUAL(
			json_string_value(json_object_get(key, "description")), keys[i].about);
		count++;
	}
	CU_ASSERT_EQUAL(json_object_size(properties), count);
}

UNIT_TEST(schema_has_the_keys_of_the_reader)
{
	json_t *schema = schema_new();
	CU_ASSERT_PTR_NOT_NULL_FATAL(schema);
	check_keys(schema, PLACE_SERVICE);
	const json_t *properties = json_object_get(schema, "properties");
	check_keys(json_object_get(json_object_get(schema, "$defs"), "child"), PLACE_CHILD);
	check_keys(json_object_get(properties, "expect"), PLACE_EXPECT);
	check_keys(json_object_get(properties, "container"), PLACE_CONTAINER);
	json_decref(schema);
}

UNIT_TEST(keys_are_consistent)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		CU_ASSERT_EQUAL(keys[i].id, i);
		CU_ASSERT_EQUAL(keys[i].required & ~keys[i].places, 0);
		CU_ASSERT_TRUE(keys[i].places != 0);
		for (size_t j = 0; j < i; j++)
			CU_ASSERT_FALSE(slice_eq(keys[i].name, keys[j].name) &&
					(keys[i].places & keys[j].places));
	}
	CU_ASSERT_TRUE(name_is_reserved(SLICE("containers-default-0.57")));
	CU_ASSERT_FALSE(name_is_reserved(SLICE("containers-default")));
	CU_ASSERT_FALSE(name_is_reserved(SLICE("docker-default-2")));
	CU_ASSERT_STRING_EQUAL(key_nearest(PLACE_SERVICE, SLICE("binery")), "binary");
	CU_ASSERT_PTR_NULL(key_find(PLACE_CHILD, SLICE("name")));
}
