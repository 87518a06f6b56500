/* Rules and budgets of candidates at a tick: their alerts can be seen, and nobody is
 * told. One thread. */
#pragma once
#include "../tick/tick_view.h"
#include "spendwarden/shadow.h"

struct shadow_tick;

/* What happens at a tick with the candidates of `g`, if it has any; `sums` are of g's
 * windows. *t is made, kept from tick to tick with the alert states, and given back when
 * there are no candidates any more. A failure is logged: it is no failure of the tick. */
void shadow_tick_run(struct shadow_tick **t, struct generation *g,
                     const struct window_sums *sums, struct arena *arena,
                     struct tick_view_box *view, int64_t at_ns);
void shadow_tick_close(struct shadow_tick *t); /* accepts NULL */

/* Its state is of the generation that goes. */
void shadow_tick_leave(struct shadow_tick *t); /* accepts NULL */
