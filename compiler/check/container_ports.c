/*
 * Ports below 1024. Docker (from 20.10) and containerd's Kubernetes part (from 2.0) set
 * net.ipv4.ip_unprivileged_port_start to 0 in a container, so that every user may bind them;
 * Podman, CRI-O and older ones leave it at 1024.
 */
#include "compiler/check/check.h"

#include <linux/capability.h>

enum { PRIVILEGED_END = 1024 };

void check_container_ports(const struct check_input *input)
{
	const struct container *container = input->container;
	if (!container || (container->capabilities & (uint64_t)1 << CAP_NET_BIND_SERVICE))
		return;
	struct span reported = {0, 0};
	struct diags *diags = &input->unit->diags;
	for (const struct port *port = container->ports; port; port = port->next) {
		if (port->container >= PRIVILEGED_END || port->span.begin == reported.begin)
			continue;
		reported = port->span; /* a range is one entry */
		struct diag *diag = diag_add(diags, DIAG_LOW_PORT, port->span,
			"port %u is below 1024, and 'capabilities' has no net_bind_service",
			port->container);
		diag_help(diags, diag,
			"Docker from 20.10 allows it nevertheless, Podman and many Kubernetes nodes do not: listen on %u and publish that",
			port->container + 8000u);
	}
}
