#include "template_tree.h"

#include "spendwarden/yaml.h"

static json_t *scalar(const struct yaml_node *n)
{
    int64_t whole;
    double number;
    bool flag;

    if (yaml_is_null(n))
        return json_null();
    if (yaml_bool(n, &flag))
        return json_boolean(flag);
    if (yaml_int64(n, &whole))
        return json_integer(whole);
    if (yaml_double(n, &number))
        return json_real(number);
    return json_stringn(n->text.at, n->text.size);
}

static json_t *value_of(const struct yaml_node *n)
{
    if (n->kind == YAML_SCALAR)
        return scalar(n);
    json_t *out = n->kind == YAML_MAP ? json_object() : json_array();
    for (size_t i = 0; i < n->count; i++) {
        if (n->kind == YAML_MAP)
            json_object_set_new(out, n->keys[i].text.at, value_of(&n->values[i]));
        else
            json_array_append_new(out, value_of(&n->values[i]));
    }
    return out;
}

json_t *template_tree(struct str yaml, struct err *err)
{
    struct arena arena = {0};
    struct diags diags = {0};
    struct buf said = {0};
    struct yaml_node *root;
    json_t *out = NULL;

    if (yaml_parse(&root, yaml, "template", &arena, &diags)) {
        out = value_of(root);
        if (!out)
            err_set(err, ERR_MEMORY, "no memory");
    } else {
        diags_print(&diags, &said);
        err_set(err, ERR_CONFIG, "%.*s", STR_ARG(buf_str(&said)));
    }
    buf_release(&said);
    diags_release(&diags);
    arena_release(&arena);
    return out;
}

static int add_text(const char *text, size_t size, void *out)
{
    buf_add(out, (struct str){text, size});
    return 0;
}

bool template_print(struct buf *out, const json_t *value, struct err *err)
{
    if (json_dump_callback(value, add_text, out,
                           JSON_INDENT(2) | JSON_REAL_PRECISION(6)) != 0 ||
        out->failed)
        return err_set(err, ERR_MEMORY, "no memory");
    buf_byte(out, '\n');
    return true;
}
