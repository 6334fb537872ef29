#ifndef MANAGER_KERNEL_WORDS_H
#define MANAGER_KERNEL_WORDS_H

/*
 * What an errno of the kernel's policy interface means here and now. The kernel has one number for
 * many reasons; those that can be looked up are: who we are, what we may, what confines us, whether
 * policy is locked. Nothing here fails: what cannot be looked up is left out.
 */

#include "manager/places.h"

#define KERNEL_WORDS 512

/* Text for a person, lower case, with the mend, ended by a NUL. */
void kernel_words(const struct places *places, int number, char ret_words[KERNEL_WORDS]);

#endif
