#include "provenance.h"

/* Keeps these hashes apart from those of texts. */
#define PARTS_SEED UINT64_C(0x70726f76656e616e)

static const struct str from_names[] = {STR("gateway"), STR("token"), STR("policy"),
                                        STR("caller")};

enum { FROM_COUNT = sizeof from_names / sizeof *from_names };

/* The parts with their sizes before them, so that no two lists of parts are equal. */
static void add_parts(struct buf *b, uint8_t label, const struct provenance *p)
{
    const struct str parts[] = {p->field, p->policy, p->rule, p->reason, p->was};
    struct {
        uint32_t sizes[5];
        uint8_t label, from, zero[2];
    } head = {.label = label, .from = (uint8_t)p->from};
    size_t size = sizeof head;

    for (size_t i = 0; i < 5; i++) {
        head.sizes[i] = (uint32_t)parts[i].size;
        size += parts[i].size;
    }
    char *at = buf_reserve(b, size);
    if (!at)
        return;
    b->size += size;
    memcpy(at, &head, sizeof head);
    at += sizeof head;
    for (size_t i = 0; i < 5; i++)
        if (parts[i].size) {
            memcpy(at, parts[i].at, parts[i].size);
            at += parts[i].size;
        }
}

static void add_member(struct buf *out, const char *name, struct str value)
{
    if (!value.size)
        return;
    buf_format(out, ",\"%s\":", name);
    buf_json(out, value);
}

void provenance_write(struct buf *out, const struct provenance *p)
{
    buf_add(out, STR("{\"from\":\""));
    buf_add(out, from_names[p->from]);
    buf_byte(out, '"');
    add_member(out, "field", p->field);
    add_member(out, "policy", p->policy);
    add_member(out, "rule", p->rule);
    add_member(out, "reason", p->reason);
    add_member(out, "was", p->was);
    buf_byte(out, '}');
}

static void write_named(struct buf *out, struct str name, const struct provenance *p)
{
    if (!p || !name.size)
        return;
    if (out->size > 1)
        buf_byte(out, ',');
    buf_json(out, name);
    buf_byte(out, ':');
    provenance_write(out, p);
}

static void write_all(struct buf *out, const struct record *r,
                      const struct schema *schema)
{
    buf_byte(out, '{');
    for (uint8_t i = 0; i < LABEL_COUNT; i++) {
        struct field field = {FIELD_TEXT, (uint8_t)(TEXT_LABEL_FIRST + i), STAGE_DECODE};
        if (r->label_by[i])
            write_named(out, field_name(schema, field), r->label_by[i]);
    }
    write_named(out, STR("retry_depth"), r->retry_depth_by);
    write_named(out, STR("class"), r->class_by);
    buf_byte(out, '}');
}

bool provenance_id(struct dict *d, const struct record *r, const struct schema *schema,
                   struct buf *scratch, int64_t *id, struct err *err)
{
    buf_reset(scratch);
    for (uint8_t i = 0; i < LABEL_COUNT; i++)
        if (r->label_by[i])
            add_parts(scratch, i, r->label_by[i]);
    if (r->class_by)
        add_parts(scratch, LABEL_COUNT, r->class_by);
    if (r->retry_depth_by)
        add_parts(scratch, LABEL_COUNT + 1, r->retry_depth_by);
    *id = 0;
    if (scratch->size == 0 && !scratch->failed)
        return true;

    struct hash128 hash = hash128_of(buf_str(scratch), d->seed ^ PARTS_SEED);
    if (!scratch->failed && dict_find(d, hash, id))
        return true;
    buf_reset(scratch);
    write_all(scratch, r, schema);
    if (scratch->failed)
        return err_set(err, ERR_MEMORY, "ledger: no memory for a provenance");
    return dict_add(d, hash, buf_str(scratch), id, err);
}

static void read_from(struct cursor *c, struct provenance *out)
{
    struct str name = cursor_string(c);

    for (unsigned i = 0; i < FROM_COUNT; i++)
        if (str_eq(name, from_names[i])) {
            out->from = (enum provenance_from)i;
            return;
        }
    c->failed = true;
}

void provenance_read(struct cursor *c, struct provenance *out)
{
    *out = (struct provenance){.from = FROM_GATEWAY};
    cursor_enter(c, '{');
    while (cursor_more(c, '}')) {
        struct str key = cursor_key(c);
        if (str_eq(key, STR("from")))
            read_from(c, out);
        else if (str_eq(key, STR("field")))
            out->field = cursor_string(c);
        else if (str_eq(key, STR("policy")))
            out->policy = cursor_string(c);
        else if (str_eq(key, STR("rule")))
            out->rule = cursor_string(c);
        else if (str_eq(key, STR("reason")))
            out->reason = cursor_string(c);
        else if (str_eq(key, STR("was")))
            out->was = cursor_string(c);
        else
            c->failed = true;
        if (c->failed)
            return;
    }
}

const struct provenances *provenances_read(struct cursor *c, const struct schema *schema)
{
    struct provenances *all = arena_zalloc(c->arena, sizeof *all);

    if (!all) {
        c->failed = true;
        return NULL;
    }
    cursor_enter(c, '{');
    while (cursor_more(c, '}')) {
        struct str name = cursor_key(c);
        struct provenance *p = arena_alloc(c->arena, sizeof *p);
        if (!p) {
            c->failed = true;
            return NULL;
        }
        provenance_read(c, p);
        struct field field = field_find(schema, name);
        if (str_eq(name, STR("class")))
            all->class_by = p;
        else if (field.kind == FIELD_COUNT && field.index == COUNT_RETRY_DEPTH)
            all->retry_depth_by = p;
        else if (field.kind == FIELD_TEXT && text_is_label(field.index))
            all->label_by[field.index - TEXT_LABEL_FIRST] = p;
        if (c->failed)
            return NULL;
    }
    return all;
}
