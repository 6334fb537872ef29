#ifndef COMPILER_OUTPUT_SECCOMP_FILE_H
#define COMPILER_OUTPUT_SECCOMP_FILE_H

/* Whether the file that a description names as its seccomp filter is one. */

#include "base/slice.h"

/*
 * What is wrong with a text as a filter in the form that Docker and Podman read, in words that hold
 * nothing of the text; NULL when it is a JSON object with a `defaultAction`, and `syscalls`,
 * `architectures` and `archMap`, where they are there, have the form that runtimes read
 * (https://github.com/moby/profiles, seccomp/seccomp.go). Whether each rule means anything is for
 * the runtime to say.
 */
const char *seccomp_file_trouble(struct slice text);

#endif
