/* One reading against its bounds: hysteresis, then the instance's step; rules' own. */
#include "internal.h"

/* Hysteresis has a direction only where there is one bound. */
static bool stays(const struct bound *b, double value)
{
    if (!b->has_clear || b->has_above + b->has_below + b->has_step != 1)
        return false;
    return b->has_below ? value <= b->clear : value >= b->clear;
}

static bool holds(const struct bound *b, double value, bool before)
{
    if (b->blocked || b->answer == ANSWER_FALSE)
        return false;
    if (b->answer == ANSWER_TRUE)
        return true;
    if ((b->has_above && value > b->above) || (b->has_below && value < b->below) ||
        (b->has_step && value >= b->step))
        return true;
    if (!b->has_above && !b->has_below && !b->has_step)
        return value == value; /* any number but NaN */
    return before && stays(b, value);
}

static void read_bound(struct reading *reading, const struct bound *b)
{
    bool below = b->has_below && (!b->has_above || reading->value < b->below);

    if (b->has_step) {
        reading->relation = "at or above";
        reading->threshold = b->step;
    } else if (below) {
        reading->relation = "below";
        reading->threshold = b->below;
    } else if (b->has_above) {
        reading->relation = "above";
        reading->threshold = b->above;
    }
}

/* `step` holds what the labels borrow. */
static struct instance *find(const struct rules *r, const struct subject *s,
                             const struct bound *b, char step[NUMBER_TEXT_SIZE],
                             struct label_set *labels)
{
    int step_size = b->has_step ? number_format(step, b->step) : 0;

    label_set_build(labels, s, b->severity, (struct str){step, (size_t)step_size});
    return instance_find(r, labels, alert_fingerprint(labels->pairs, labels->count));
}

bool observe_bound(struct rules *r, const struct subject *s, const struct bound *b,
                   struct reading reading)
{
    char step[NUMBER_TEXT_SIZE];
    struct label_set labels;

    /* Most of the time there is no alert, and nothing to find one by is made. */
    if (r->count == 0 && !holds(b, reading.value, false))
        return false;
    struct instance *i = find(r, s, b, step, &labels);
    if (i && i->round == r->round)
        return false;
    if (i && i->period_start_ns != s->period_start_ns)
        instance_finish(r, i);
    bool condition = holds(b, reading.value, i && i->condition);
    if (!i && condition)
        i = instance_add(r, &labels, s->policy, s->name);
    if (!i)
        return false;
    i->keep_ns = s->keep_ns;
    i->period_start_ns = s->period_start_ns;
    instance_step(r, i, condition, s->hold_ns);
    if (!condition)
        return false;
    read_bound(&reading, b);
    i->alert.value = reading.value;
    annotate(i, s, &reading);
    return i->began_round == r->round;
}

/* --- rules --- */

static struct subject subject_of(const struct rule_decl *rule, struct group_labels group)
{
    return (struct subject){
        .policy = rule->policy,
        .name = rule->name,
        .alertname = rule->name,
        .where = rule->where,
        .annotates = rule->annotates,
        .label_count = rule->label_count,
        .annotation_count = rule->annotation_count,
        .labels = rule->labels,
        .annotations = rule->annotations,
        .group = group,
        .hold_ns = rule->hold_ns,
        .keep_ns = rule->keep_ns,
    };
}

/* Of a rule without steps, or of one of its steps. */
static struct bound bound_of(const struct rule_decl *rule, size_t step)
{
    struct bound b = {
        .has_above = rule->has_above && !rule->step_count,
        .has_below = rule->has_below && !rule->step_count,
        .has_step = rule->step_count > 0,
        .has_clear = rule->has_clear,
        .above = rule->above,
        .below = rule->below,
        .clear = rule->clear,
        .severity = rule->severity,
    };

    if (b.has_step) {
        b.step = rule->steps[step].at;
        b.severity = rule->steps[step].severity;
    }
    return b;
}

static struct reading reading_of(struct answer answer)
{
    return (struct reading){.value = answer.kind == ANSWER_NUMBER
                                         ? answer.number
                                         : answer.kind == ANSWER_TRUE};
}

static size_t bounds_of(const struct rule_decl *rule)
{
    return rule->step_count ? rule->step_count : 1;
}

bool rules_observe(struct rules *r, const struct rule_decl *rule,
                   struct group_labels group, struct answer answer, double window_value)
{
    const struct subject s = subject_of(rule, group);
    bool begun = false;

    for (size_t i = 0; i < bounds_of(rule); i++) {
        struct bound b = bound_of(rule, i);
        b.answer = answer.kind;
        b.blocked = rule->min > 0 && !(window_value >= rule->min);
        begun |= observe_bound(r, &s, &b, reading_of(answer));
    }
    return begun && rule->annotates;
}

void rules_annotate(struct rules *r, const struct rule_decl *rule,
                    struct group_labels group, struct answer answer,
                    const struct pair *annotations, size_t count)
{
    const struct subject s = subject_of(rule, group);
    char step[NUMBER_TEXT_SIZE];
    struct label_set labels;

    for (size_t at = 0; at < bounds_of(rule); at++) {
        struct bound b = bound_of(rule, at);
        struct reading reading = reading_of(answer);
        struct instance *i = find(r, &s, &b, step, &labels);
        if (!i || i->began_round != r->round)
            continue;
        instance_say(i, annotations, count);
        read_bound(&reading, &b);
        annotate(i, &s, &reading);
    }
}
