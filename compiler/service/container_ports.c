#include "compiler/service/container_reader.h"

#include <arpa/inet.h>

/* `ports`, in the forms that Docker takes: struct port shows them. */

struct range {
	uint16_t first, last;
};

/* What a port was made of, before its range is taken apart. */
struct written {
	struct slice address;
	struct range host, container; /* host.first 0: none */
	const char *protocol;
	struct span span;
};

static bool refuse(
	struct reader *reader, const struct text *text, struct slice part, const char *what)
{
	size_t offset = part.len > 0 ? (size_t)(part.at - text->text.at) : 0;
	struct span at = part.len > 0 ? text_part(text, offset, part.len) : text->span;
	struct diag *diag = report(reader, DIAG_BAD_PORT, at, "'%.*s' is not %s",
		SLICE_FMT(shown(reader, part)), what);
	help(reader, diag, "a port is [[ADDRESS:]HOST:]CONTAINER[/tcp|udp|sctp]");
	return false;
}

/* "8000" or "8000-8003". */
static bool read_range(
	struct reader *reader, const struct text *text, struct slice part, struct range *ret_range)
{
	const char *dash = part.len > 0 ? memchr(part.at, '-', part.len) : NULL;
	size_t len = dash ? (size_t)(dash - part.at) : part.len;
	uint64_t first, last;
	bool ok = digits_read(slice_first(part, len), UINT16_MAX, &first) && first > 0;
	last = ok ? first : 0;
	if (ok && dash)
		ok = digits_read(slice_from(part, len + 1), UINT16_MAX, &last) && last >= first;
	if (!ok)
		return refuse(reader, text, part, "a port from 1 to 65535, or a range of them");
	*ret_range = (struct range){(uint16_t)first, (uint16_t)last};
	return true;
}

/* Cuts "/udp" off the end. */
static bool read_protocol(struct reader *reader, const struct text *text, struct slice *spec,
	const char **ret_protocol)
{
	static const char *const protocols[] = {"tcp", "udp", "sctp"};
	const char *slash = memchr(spec->at, '/', spec->len);
	*ret_protocol = protocols[0];
	if (!slash)
		return true;
	struct slice name = slice_from(*spec, (size_t)(slash - spec->at) + 1);
	spec->len = (size_t)(slash - spec->at);
	for (size_t i = 0; i < 3; i++) {
		if (slice_is(name, protocols[i])) {
			*ret_protocol = protocols[i];
			return true;
		}
	}
	return refuse(reader, text, name, "a protocol: tcp, udp or sctp");
}

/* The last colon outside of brackets, or NULL. */
static const char *last_colon(struct slice s)
{
	for (size_t i = s.len; i > 0 && s.at[i - 1] != ']'; i--)
		if (s.at[i - 1] == ':')
			return s.at + i - 1;
	return NULL;
}

/* "127.0.0.1" or "[::1]". */
static bool read_address(struct reader *reader, const struct text *text, struct slice part,
	struct slice *ret_address)
{
	struct arena *arena = reader_arena(reader);
	unsigned char bytes[sizeof(struct in6_addr)];
	bool has_brackets = part.len > 2 && part.at[0] == '[' && slice_ends(part, SLICE("]"));
	struct slice address = has_brackets ? slice_of(part.at + 1, part.len - 2) : part;
	if (address.len < INET6_ADDRSTRLEN && inet_pton(has_brackets ? AF_INET6 : AF_INET,
						      arena_string(arena, address), bytes) == 1) {
		*ret_address = address;
		return true;
	}
	return refuse(reader, text, part, "an address; one of IPv6 stands in brackets");
}

/* The part before CONTAINER: "80", "127.0.0.1:80", "127.0.0.1:". */
static bool read_host(
	struct reader *reader, const struct text *text, struct slice host, struct written *port)
{
	const char *colon = last_colon(host);
	struct slice number = host;
	if (colon) {
		size_t len = (size_t)(colon - host.at);
		number = slice_from(host, len + 1);
		if (!read_address(reader, text, slice_first(host, len), &port->address))
			return false;
		if (number.len == 0)
			return true;
	}
	return read_range(reader, text, number, &port->host);
}

static bool read_port(struct reader *reader, const struct text *text, struct written *port)
{
	struct slice spec = text->text;
	if (!read_protocol(reader, text, &spec, &port->protocol))
		return false;
	const char *colon = last_colon(spec);
	size_t len = colon ? (size_t)(colon - spec.at) : 0;
	struct slice container = colon ? slice_from(spec, len + 1) : spec;
	if (!read_range(reader, text, container, &port->container) ||
		(colon && !read_host(reader, text, slice_first(spec, len), port)))
		return false;
	if (port->host.first == 0 ||
		port->host.last - port->host.first == port->container.last - port->container.first)
		return true;
	struct diag *diag = report(reader, DIAG_BAD_PORT, text->span,
		"the ranges of '%.*s' differ in length", SLICE_FMT(shown(reader, text->text)));
	help(reader, diag, "each port of the container is published at one of the host");
	return false;
}

static bool meets_address(struct slice a, struct slice b)
{
	return a.len == 0 || b.len == 0 || slice_eq(a, b) || slice_is(a, "0.0.0.0") ||
	       slice_is(b, "0.0.0.0") || slice_is(a, "::") || slice_is(b, "::");
}

/* Whether the port was there before: what two containers cannot have, one cannot have twice. */
static bool is_taken(struct reader *reader, const struct port *ports, const struct port *port)
{
	for (; ports; ports = ports->next) {
		if (ports->protocol != port->protocol || ports->host != port->host)
			continue;
		bool is_same = ports->container == port->container &&
			       slice_eq(ports->address, port->address);
		if (!is_same && (port->host == 0 || !meets_address(ports->address, port->address)))
			continue;
		struct diag *diag = report(reader, DIAG_DUPLICATE_PORT, port->span,
			port->host ? "port %u/%s of the host is published twice"
				   : "port %u/%s stands twice",
			port->host ? port->host : port->container, port->protocol);
		second(reader, diag, ports->span, "first here");
		return true;
	}
	return false;
}

static bool add_port(struct reader *reader, struct container *container, const struct port ***end,
	const struct written *written, unsigned offset)
{
	struct port *port = arena_new(reader_arena(reader), struct port);
	port->address = written->address;
	port->host = written->host.first ? (uint16_t)(written->host.first + offset) : 0;
	port->container = (uint16_t)(written->container.first + offset);
	port->protocol = written->protocol;
	port->span = written->span;
	if (is_taken(reader, container->ports, port))
		return false;
	**end = port;
	*end = (const struct port **)&port->next;
	return true;
}

void read_ports(struct reader *reader, const struct key *key, const struct node *node,
	struct container *container)
{
	if (!want_kind(reader, key, node, NODE_SEQUENCE))
		return;
	const struct port **end = &container->ports;
	unsigned count = 0;
	for (const struct entry *entry = node->first; entry; entry = entry->next) {
		struct text text;
		struct written port = {.host = {0, 0}};
		if (!want_entry(reader, key, entry->value, &text))
			continue;
		port.span = text.span;
		if (!read_port(reader, &text, &port))
			continue;
		unsigned size = port.container.last - port.container.first + 1u;
		count += size;
		if (count > PORTS_MAX) {
			report(reader, DIAG_TOO_LARGE, text.span, "more than %d ports", PORTS_MAX);
			return;
		}
		for (unsigned i = 0; i < size; i++)
			if (!add_port(reader, container, &end, &port, i))
				break;
	}
}
