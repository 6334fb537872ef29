/* What people write for a socket who know other tools, and how it is said here. */

#include "compiler/service/reader.h"

#include "policy/names/names.h"

/* What could be read of "inet/tcp", "AF_INET6, SOCK_STREAM", "tcp:443". */
struct sighting {
	const char *family, *type; /* type: or protocol */
	int type_number;
	size_t words;
	bool has_number; /* a port, as it seems */
	bool has_other;	 /* a word that is none of these */
};

static bool is_one_of(struct slice text, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq_nocase(text, slice_str(words[i])))
			return true;
	return false;
}

#define IS(text, words) is_one_of(text, words, sizeof(words) / sizeof(words[0]))

static const char *const four[] = {"ipv4", "ip4", "v4", "inet4"};
static const char *const six[] = {"ipv6", "ip6", "v6"};

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_digits(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
	return text.len > 0;
}

static void see_family(struct sighting *seen, const char *family)
{
	seen->has_other |= seen->family && strcmp(seen->family, family) != 0;
	seen->family = family;
}

/* `stream tcp` is one type, said twice. */
static void see_type(struct sighting *seen, const struct name *type)
{
	seen->has_other |= seen->type && seen->type_number != type->number;
	seen->type = type->name;
	seen->type_number = type->number;
}

/* `packet` is a family as well as a type. */
static bool see_name(struct sighting *seen, struct slice word)
{
	const struct name *family = name_find(&names_families, word);
	const struct name *type = name_find(&names_types, word);
	if (!type)
		type = name_find(&names_protocols, word);
	if (family && !(type && seen->family))
		see_family(seen, family->name);
	else if (type)
		see_type(seen, type);
	return family || type;
}

static void see_word(struct sighting *seen, struct slice word)
{
	static const char *const idle[] = {"network", "allow", "af", "pf", "sock", "ipproto",
		"socket", "sockets", "family", "type", "protocol", "any", "all"};
	seen->words++;
	if (IS(word, idle) || see_name(seen, word))
		return;
	if (is_digits(word)) {
		seen->has_number = true;
		return;
	}
	struct slice rest = slice_first(word, word.len - 1); /* of tcp4 */
	char last = word.at[word.len - 1];
	if (IS(word, four))
		see_family(seen, "inet");
	else if (IS(word, six))
		see_family(seen, "inet6");
	else if ((last == '4' || last == '6') && name_find(&names_protocols, rest)) {
		see_family(seen, last == '4' ? "inet" : "inet6");
		see_name(seen, rest);
	} else
		seen->has_other = true;
}

static struct sighting look_at(struct reader *reader, struct slice text)
{
	struct sighting seen = {.family = NULL};
	char *lower = arena_string(reader_arena(reader), text);
	for (size_t i = 0; i < text.len; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] = (char)(lower[i] - 'A' + 'a');
	for (size_t at = 0; at < text.len;) {
		size_t end = at;
		while (end < text.len && is_alnum(lower[end]))
			end++;
		if (end > at)
			see_word(&seen, slice_of(lower + at, end - at));
		at = end + 1;
	}
	return seen;
}

struct slice network_meant(struct reader *reader, struct slice text)
{
	struct slice none = {NULL, 0};
	struct sighting seen = look_at(reader, text);
	if (!seen.family || seen.has_number || seen.has_other)
		return none;
	struct arena *arena = reader_arena(reader);
	if (!seen.type)
		return seen.words > 1 ? arena_printf(arena, "%s", seen.family) : none;
	bool is_protocol = name_find(&names_protocols, slice_str(seen.type)) != NULL;
	bool is_inet = strcmp(seen.family, "inet") == 0;
	bool is_inet6 = strcmp(seen.family, "inet6") == 0 && strcmp(seen.type, "icmp") != 0;
	if (is_protocol && !is_inet && !is_inet6)
		return none;
	return arena_printf(arena, "%s %s", seen.family, seen.type);
}

/* "/run/x" of "unix /run/x", "unix:///run/x"; empty where there is no path, or a URL. */
static struct slice path_in(struct slice text)
{
	if (slice_find(text, SLICE("://")) && !slice_starts(text, SLICE("unix")))
		return slice_of(NULL, 0);
	for (size_t i = 0; i + 1 < text.len; i++) {
		if (text.at[i] != '/' || (i > 0 && !memchr(" :/", text.at[i - 1], 3)) ||
			text.at[i + 1] == '/' || text.at[i + 1] == ' ')
			continue;
		size_t end = i;
		while (end < text.len && text.at[end] != ' ')
			end++;
		return slice_of(text.at + i, end - i);
	}
	return slice_of(NULL, 0);
}

static const char *advice_port(const struct sighting *seen)
{
	if (seen->type && strcmp(seen->type, "udp") == 0)
		return "AppArmor tells families and types of sockets apart, not ports: write 'inet udp' and 'inet6 udp'; ports are published under 'container', and closed by a firewall";
	return "AppArmor tells families and types of sockets apart, not ports: write 'inet tcp' and 'inet6 tcp'; ports are published under 'container', and closed by a firewall";
}

/* Names of services and machines. */
static const char *advice_name(struct slice text)
{
	static const char *const tcp[] = {"http", "https", "http2", "grpc", "ws", "wss",
		"websocket", "websockets", "web", "tls", "ssl", "ssh", "ftp", "sftp", "smtp",
		"smtps", "imap", "imaps", "pop3", "ldap", "ldaps", "mysql", "postgres",
		"postgresql", "redis", "mongodb", "amqp", "mqtt", "nfs"};
	static const char *const udp[] = {
		"dns", "ntp", "dhcp", "quic", "http3", "syslog", "snmp", "tftp", "statsd"};
	static const char *const hosts[] = {"localhost", "local", "loopback", "lo", "eth0"};
	if (IS(text, tcp))
		return "AppArmor tells families and types of sockets apart, not services: write 'inet tcp' and 'inet6 tcp'";
	if (IS(text, udp))
		return "AppArmor tells families and types of sockets apart, not services: write 'inet udp' and 'inet6 udp', and for what uses TCP as well, as DNS does, 'inet tcp' and 'inet6 tcp'";
	if (IS(text, hosts) || slice_has(text, '.') || slice_has(text, ':'))
		return "AppArmor tells families and types of sockets apart, not hosts: write 'inet tcp' and 'inet6 tcp', and leave hosts to a firewall";
	return NULL;
}

static const char *advice_word(struct slice word)
{
	static const char *const none[] = {"none", "no", "off", "false", "nothing", "disabled"};
	static const char *const all[] = {"true", "yes", "on", "all", "any", "internet", "ip",
		"host", "bridge", "default", "public", "enabled", "*"};
	if (IS(word, none))
		return "'network: []' allows no sockets; so does leaving 'network' out, but with template docker-default";
	if (IS(word, all))
		return "for the internet write 'network: [inet, inet6]'";
	if (IS(word, four))
		return "IPv4 is the family 'inet': write 'network: [inet]', or narrower, 'network: [inet tcp]'";
	if (IS(word, six))
		return "IPv6 is the family 'inet6': write 'network: [inet6]', or narrower, 'network: [inet6 tcp]'";
	return NULL;
}

struct slice advice_network(struct reader *reader, struct slice text)
{
	struct slice path = path_in(text);
	if (path.len > 0)
		return arena_printf(reader_arena(reader),
			"a socket with a path is a file: write 'unix stream' here, and {file: '%.*s'} under 'writable'",
			SLICE_FMT(shown(reader, path)));
	struct sighting seen = look_at(reader, text);
	bool is_address = slice_has(text, '.') || slice_find(text, SLICE("::"));
	if (seen.has_number && !seen.has_other && !is_address)
		return slice_str(advice_port(&seen));
	const char *advice = advice_word(text);
	advice = advice ? advice : advice_name(text);
	return advice ? slice_str(advice) : slice_of(NULL, 0);
}

struct slice network_of_node(struct reader *reader, const struct node *node)
{
	enum { WORDS_MAX = 3 };
	struct buf text = buf_new(reader_arena(reader));
	if (node->kind == NODE_SCALAR)
		return network_meant(reader, node->text);
	size_t count = 0;
	for (const struct entry *entry = node->first; entry && count < WORDS_MAX;
		entry = entry->next, count++) {
		const struct node *value = entry->value;
		if (entry->key)
			buf_add(&text, entry->key->text);
		buf_add_char(&text, ' ');
		if (value->kind == NODE_SEQUENCE && value->first)
			value = value->first->value;
		if (value->kind == NODE_SCALAR)
			buf_add(&text, value->text);
		buf_add_char(&text, ' ');
		if (entry->key)
			break;
	}
	return network_meant(reader, buf_slice(&text));
}
