#include "compiler/output/seccomp_file.h"
#include "compiler/template_sign.h"
#include "tests/unit/unit.h"

static uint32_t line;

static bool is_template(const char *text)
{
	return template_has_sign(slice_str(text), &line);
}

UNIT_TEST(template_sign_of_templates)
{
	CU_ASSERT_TRUE(is_template("profile @{name} {\n"));
	CU_ASSERT_TRUE(
		is_template("# x\n\nabi <abi/3.0>,\r\n#include <a>\ninclude if exists <b>\n"
			    "@{x} = a \\\n  b\nalias /a -> /b,\nprofile @{name} flags=(x){\r\n"));
	CU_ASSERT_TRUE(is_template("profile @{name}\n# and\n{\n"));
	CU_ASSERT_TRUE(is_template("profile x flags=(nonsense {\n/a rwz\n")); /* its own mistakes */
}

UNIT_TEST(template_sign_of_other_files)
{
	CU_ASSERT_FALSE(is_template("root:*:20228:0:99999:7:::\n"));
	CU_ASSERT_EQUAL(line, 1);
	CU_ASSERT_FALSE(is_template("# key\nkey = profile x {\n"));
	CU_ASSERT_EQUAL(line, 2);
	CU_ASSERT_FALSE(is_template("[profile dev]\naws_secret_access_key = x\n"));
	CU_ASSERT_FALSE(is_template("profile @{name}\nsecret\n"));
	CU_ASSERT_FALSE(is_template("profiles:\n  web: {\n"));
	CU_ASSERT_FALSE(is_template("{\"auths\": {}}\n"));
	CU_ASSERT_FALSE(is_template("abi <abi/3.0>,\n"));
	CU_ASSERT_EQUAL(line, 0);
	CU_ASSERT_FALSE(is_template(""));
	CU_ASSERT_FALSE(template_has_sign(slice_of("profile x {\n\0", 13), &line));
}

UNIT_TEST(seccomp_file_form)
{
	CU_ASSERT_PTR_NULL(seccomp_file_trouble(SLICE("{\"defaultAction\": \"SCMP_ACT_ERRNO\"}")));
	CU_ASSERT_PTR_NULL(seccomp_file_trouble(SLICE(
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{}], \"archMap\": null, "
		"\"architectures\": [\"SCMP_ARCH_X86\"]}")));
	const char *const wrong[] = {"", "root:*:20228", "\"secret\"", "[]", "{}",
		"{\"defaultAction\": 1}", "{\"defaultAction\": \"secret\"}",
		"{\"defaultAction\": \"SCMP_ACT_\"}",
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": {}}",
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [1]}",
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"architectures\": [1]}",
		"{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"archMap\": [\"x\"]}"};
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const char *trouble = seccomp_file_trouble(slice_str(wrong[i]));
		CU_ASSERT_PTR_NOT_NULL_FATAL(trouble);
		CU_ASSERT_PTR_NULL(strstr(trouble, "secret"));
	}
}
