#include "settings.h"

void setting_type(const struct setting *s, struct buf *out)
{
    buf_add(out, str_of(s->type));
    if (s->least)
        buf_format(out, ", %s to %s", s->least, s->most);
    else if (s->most)
        buf_format(out, ", at most %s", s->most);
    if (s->expands)
        buf_format(out, ", ${VAR} is expanded");
}

void config_describe(struct buf *out)
{
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *s = &settings[i];
        buf_format(out, "%-36s ", s->path);
        setting_type(s, out);
        if (s->required)
            buf_format(out, "; required");
        else if (s->value)
            buf_format(out, "; default %s", s->value);
        buf_format(out, ". %s\n", s->meaning);
    }
}
