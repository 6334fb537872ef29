/* What people write who know other tools, and how it is said here. */

#include "compiler/service/reader.h"

static bool is_digits(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.len > 0;
}

static bool is_one_of(struct slice text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq_nocase(text, slice_str(words[i])))
			return true;
	return false;
}

/* "443", "8080/tcp", ":80". */
static bool is_port(struct slice text)
{
	if (slice_starts(text, SLICE(":")))
		text = slice_from(text, 1);
	const char *slash = text.len ? memchr(text.at, '/', text.len) : NULL;
	return is_digits(slash ? slice_first(text, (size_t)(slash - text.at)) : text);
}

const char *advice_network(struct slice word)
{
	static const char *const none[] = {"none", "no", "off", "false", "nothing", "disabled"};
	static const char *const all[] = {"true", "yes", "on", "all", "any", "internet", "ip",
		"host", "bridge", "default", "public", "enabled", "*"};
	static const char *const four[] = {"ipv4", "ip4", "v4"};
	static const char *const six[] = {"ipv6", "ip6", "v6"};
#define IS(words) is_one_of(word, words, sizeof(words) / sizeof(words[0]))
	if (IS(none))
		return "'network: []' allows no sockets; so does leaving 'network' out, but with template docker-default";
	if (IS(all))
		return "for the internet write 'network: [inet, inet6]'";
	if (IS(four))
		return "IPv4 is the family 'inet': write 'network: [inet]', or narrower, 'network: [inet tcp]'";
	if (IS(six))
		return "IPv6 is the family 'inet6': write 'network: [inet6]', or narrower, 'network: [inet6 tcp]'";
#undef IS
	if (is_port(word))
		return "AppArmor tells families and types of sockets apart, not ports: write 'inet tcp' and 'inet6 tcp'; ports are published under 'container', and closed by a firewall";
	if (slice_has(word, '.') || slice_has(word, ':'))
		return "AppArmor tells families and types of sockets apart, not hosts: write 'inet tcp' and 'inet6 tcp', and leave hosts to a firewall";
	return NULL;
}

const char *advice_key(enum place place, struct slice key)
{
	unsigned entries = IN_BINARY | IN_LIBRARIES | IN_READABLE | IN_WRITABLE | IN_EXEC;
	if (!(entries & 1u << place) || !slice_starts(key, SLICE("/")))
		return NULL;
	return "write the path alone, without a colon: the key above it says what is permitted";
}

bool advice_foreign(struct reader *reader, const struct node *root)
{
	const struct node *inspected =
		root->kind == NODE_SEQUENCE && root->first ? root->first->value : root;
	if (inspected->kind != NODE_MAPPING || node_get(inspected, "binary"))
		return false;
	const struct node *services = node_get(inspected, "services");
	const char *
		what = NULL,
	       *help_text =
		       "'aaforge audit FILE' tells what it lacks; 'aaforge import' makes a description of one service from what docker inspect prints of its container";
	if (services && services->kind == NODE_MAPPING)
		what = "a Compose file";
	else if (node_get(inspected, "apiVersion") && node_get(inspected, "kind"))
		what = "a Kubernetes manifest";
	else if (node_get(inspected, "HostConfig") ||
		 (node_get(inspected, "Config") && node_get(inspected, "Id"))) {
		what = "what docker inspect prints";
		help_text =
			"'aaforge import FILE' makes a description from it, 'aaforge audit FILE' tells what it lacks";
	}
	if (!what)
		return false;
	struct diag *diag = report(reader, DIAG_FOREIGN_FILE,
		node_place(reader, root->first->key ? root->first->key : root),
		"this is %s, not a description of a service", what);
	help(reader, diag, "%s", help_text);
	return true;
}
