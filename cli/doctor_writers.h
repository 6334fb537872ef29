#ifndef CLI_DOCTOR_WRITERS_H
#define CLI_DOCTOR_WRITERS_H

/*
 * doctor: what others than root may write of that which root loads: the installed descriptions and
 * their templates, /etc/apparmor.d with all that profiles include from there, and apparmor_parser.
 */

#include "manager/host/findings.h"
#include "manager/places.h"

/* Adds writable-descriptions and writable-policy, of each the first place. parser: its path inside
 * of the root, or empty. What cannot be looked at is not told. */
void doctor_writers(const struct places *places, struct slice parser, struct findings *findings);

#endif
