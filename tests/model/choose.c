/* SPDX-License-Identifier: BSD-2-Clause */
#include "choose.h"
#include "fail.h"

static struct choices path;
static unsigned char limit[CHOICES_MAX];
static int position;

int choose(int count)
{
    if (position == CHOICES_MAX)
        fail("more than %d choices in one step", CHOICES_MAX);
    if (position == path.length)
        path.answer[path.length++] = 0;
    limit[position] = (unsigned char)count;
    return path.answer[position++];
}

struct choices choices_taken(void)
{
    return path;
}

void choices_replay(const struct choices *choices)
{
    path = *choices;
    position = 0;
}

int choose_next(void)
{
    position = 0;
    while (path.length > 0 && ++path.answer[path.length - 1] == limit[path.length - 1])
        path.length--;
    return path.length > 0;
}
