#include "test_report.h"

#include <stdio.h>

#include "spendwarden/utf8.h"

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

/* Of `text`, without the line break; *text goes on behind it. */
static struct str take_line(struct str *text)
{
    const char *end = text->size ? memchr(text->at, '\n', text->size) : NULL;
    struct str line = {text->at, end ? (size_t)(end - text->at) : text->size};

    *text = str_from(*text, line.size + 1);
    return line;
}

static struct str first_line(struct str text)
{
    return take_line(&text);
}

/* --- JSON --- */

static void json_text(struct buf *out, const char *name, struct str text)
{
    buf_format(out, "\"%s\":", name);
    buf_json(out, text);
}

static void json_test(struct buf *out, const struct test_result *t)
{
    static const char *const words[] = {"passed", "failed", "error", "skipped"};

    buf_byte(out, '{');
    json_text(out, "file", str_of(t->file));
    buf_byte(out, ',');
    json_text(out, "name", t->name);
    buf_format(out, ",\"line\":%d,\"status\":\"%s\",\"duration_seconds\":%.6f", t->line,
               words[t->status], seconds(t->duration_ns));
    if (t->message.size) {
        buf_byte(out, ',');
        json_text(out, "message", t->message);
    }
    buf_byte(out, '}');
}

static void json_error(struct buf *out, const struct diag *d)
{
    buf_byte(out, '{');
    json_text(out, "file", str_of(d->file));
    buf_format(out, ",\"line\":%d,\"column\":%d,", d->line, d->column);
    json_text(out, "message", str_of(d->text));
    buf_byte(out, '}');
}

static void json_coverage(struct buf *out, const struct testing_report *r)
{
    buf_add(out, STR(",\"coverage\":["));
    for (size_t i = 0; i < r->file_count; i++) {
        const struct policy_file_lines *f = &r->files[i];
        buf_add(out, i ? STR(",\n{") : STR("\n{"));
        json_text(out, "file", str_of(f->path));
        buf_format(out, ",\"lines\":%zu,\"run\":%zu,", f->lines, f->run);
        json_text(out, "not_run", f->missing);
        buf_byte(out, '}');
    }
    buf_byte(out, ']');
}

void report_json(struct buf *out, const struct testing_report *r,
                 const struct diags *diags)
{
    buf_format(out,
               "{\"passed\":%zu,\"failed\":%zu,\"skipped\":%zu,\"duration_seconds\":%.6f,"
               "\"tests\":[",
               r->by_status[TEST_PASSED],
               r->by_status[TEST_FAILED] + r->by_status[TEST_BROKEN],
               r->by_status[TEST_SKIPPED], seconds(r->duration_ns));
    for (size_t i = 0; i < r->count; i++) {
        buf_add(out, i ? STR(",\n") : STR("\n"));
        json_test(out, &r->results[i]);
    }
    buf_add(out, STR("],\"errors\":["));
    for (size_t i = 0; i < diags->count; i++) {
        buf_add(out, i ? STR(",\n") : STR("\n"));
        json_error(out, &diags->items[i]);
    }
    buf_byte(out, ']');
    if (r->files)
        json_coverage(out, r);
    buf_add(out, STR("}\n"));
}

/* --- TAP version 14 --- */

/* A description has no line break, and '#' begins a directive. */
static void tap_text(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.at[i] == '#' || text.at[i] == '\\')
            buf_byte(out, '\\');
        buf_byte(out, text.at[i] == '\n' ? ' ' : text.at[i]);
    }
}

/* The message as a YAML block, whose lines may hold anything but control characters. */
static void tap_message(struct buf *out, struct str message)
{
    while (message.size) {
        struct str line = take_line(&message);
        buf_add(out, STR("    "));
        for (size_t i = 0; i < line.size; i++)
            buf_byte(out, (unsigned char)line.at[i] < 0x20 ? ' ' : line.at[i]);
        buf_byte(out, '\n');
    }
}

static void tap_point(struct buf *out, size_t number, bool ok, struct str file,
                      struct str name)
{
    buf_format(out, "%s %zu - ", ok ? "ok" : "not ok", number);
    tap_text(out, file);
    buf_add(out, STR(": "));
    tap_text(out, name);
}

static void tap_details(struct buf *out, const char *file, int line, struct str message)
{
    buf_add(out, STR("\n  ---\n  at: "));
    buf_json(out, str_of(file));
    buf_format(out, "\n  line: %d\n  message: |\n", line);
    tap_message(out, message);
    buf_add(out, STR("  ...\n"));
}

void report_tap(struct buf *out, const struct testing_report *r,
                const struct diags *diags)
{
    size_t number = 0;

    buf_format(out, "TAP version 14\n1..%zu\n", r->count + diags->count);
    for (size_t i = 0; i < r->count; i++) {
        const struct test_result *t = &r->results[i];
        bool ok = t->status == TEST_PASSED || t->status == TEST_SKIPPED;
        tap_point(out, ++number, ok, str_of(t->file), t->name);
        if (t->status == TEST_SKIPPED)
            buf_add(out, STR(" # SKIP todo"));
        if (ok)
            buf_byte(out, '\n');
        else
            tap_details(out, t->file, t->line, t->message);
    }
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *d = &diags->items[i];
        tap_point(out, ++number, false, str_of(d->file), STR("does not load"));
        tap_details(out, d->file, d->line, str_of(d->text));
    }
}

/* --- JUnit XML --- */

static void xml_character(struct buf *out, char c)
{
    switch (c) {
    case '&':
        buf_add(out, STR("&amp;"));
        break;
    case '<':
        buf_add(out, STR("&lt;"));
        break;
    case '>':
        buf_add(out, STR("&gt;"));
        break;
    case '"':
        buf_add(out, STR("&quot;"));
        break;
    case '\n':
        buf_add(out, STR("&#10;"));
        break;
    default:
        /* XML 1.0 has no place for other control characters. */
        buf_byte(out, (unsigned char)c < 0x20 && c != '\t' ? ' ' : c);
    }
}

/* What is no UTF-8, or no character of XML, is shown as '?'. */
static void xml_text(struct buf *out, struct str text)
{
    while (text.size) {
        size_t size = utf8_length(text.at, text.size);
        if (size == 0 || str_starts(text, STR("\xEF\xBF\xBE")) ||
            str_starts(text, STR("\xEF\xBF\xBF")))
            buf_byte(out, '?');
        else if (size == 1)
            xml_character(out, text.at[0]);
        else
            buf_add(out, (struct str){text.at, size});
        text = str_from(text, size ? size : 1);
    }
}

static void xml_attribute(struct buf *out, const char *name, struct str text)
{
    buf_format(out, " %s=\"", name);
    xml_text(out, text);
    buf_byte(out, '"');
}

static void junit_problem(struct buf *out, const char *element, const char *file,
                          int line, struct str message)
{
    buf_format(out, "      <%s", element);
    xml_attribute(out, "message", first_line(message));
    buf_byte(out, '>');
    xml_text(out, str_of(file));
    buf_format(out, ":%d: ", line);
    xml_text(out, message);
    buf_format(out, "</%s>\n", element);
}

static void junit_test(struct buf *out, const struct test_result *t)
{
    buf_add(out, STR("    <testcase"));
    xml_attribute(out, "classname", str_of(t->file));
    xml_attribute(out, "name", t->name);
    buf_format(out, " time=\"%.6f\">\n", seconds(t->duration_ns));
    if (t->status == TEST_FAILED)
        junit_problem(out, "failure", t->file, t->line, t->message);
    else if (t->status == TEST_BROKEN)
        junit_problem(out, "error", t->file, t->line, t->message);
    else if (t->status == TEST_SKIPPED)
        buf_add(out, STR("      <skipped/>\n"));
    buf_add(out, STR("    </testcase>\n"));
}

struct tally {
    size_t by_status[TEST_STATUS_COUNT];
    int64_t duration_ns;
};

static void junit_counts(struct buf *out, const struct tally *t, size_t errors)
{
    size_t all = errors;

    for (int i = 0; i < TEST_STATUS_COUNT; i++)
        all += t->by_status[i];
    buf_format(out,
               " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" "
               "time=\"%.6f\">\n",
               all, t->by_status[TEST_FAILED], t->by_status[TEST_BROKEN] + errors,
               t->by_status[TEST_SKIPPED], seconds(t->duration_ns));
}

/* The results of one file, which lie beside each other; returns where the next begins. */
static size_t junit_suite(struct buf *out, const struct testing_report *r, size_t first)
{
    struct tally tally = {0};
    size_t end = first;

    for (; end < r->count &&
           str_eq(str_of(r->results[end].file), str_of(r->results[first].file));
         end++) {
        tally.by_status[r->results[end].status]++;
        tally.duration_ns += r->results[end].duration_ns;
    }
    buf_add(out, STR("  <testsuite"));
    xml_attribute(out, "name", str_of(r->results[first].file));
    junit_counts(out, &tally, 0);
    for (size_t i = first; i < end; i++)
        junit_test(out, &r->results[i]);
    buf_add(out, STR("  </testsuite>\n"));
    return end;
}

static void junit_errors(struct buf *out, const struct diags *diags)
{
    const struct tally none = {0};

    buf_add(out, STR("  <testsuite name=\"loading\""));
    junit_counts(out, &none, diags->count);
    for (size_t i = 0; i < diags->count; i++) {
        const struct diag *d = &diags->items[i];
        buf_add(out, STR("    <testcase"));
        xml_attribute(out, "classname", str_of(d->file));
        buf_add(out, STR(" name=\"does not load\" time=\"0\">\n"));
        junit_problem(out, "error", d->file, d->line, str_of(d->text));
        buf_add(out, STR("    </testcase>\n"));
    }
    buf_add(out, STR("  </testsuite>\n"));
}

void report_junit(struct buf *out, const struct testing_report *r,
                  const struct diags *diags)
{
    struct tally all = {.duration_ns = r->duration_ns};

    memcpy(all.by_status, r->by_status, sizeof all.by_status);
    buf_add(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites"));
    junit_counts(out, &all, diags->count);
    for (size_t i = 0; i < r->count;)
        i = junit_suite(out, r, i);
    if (diags->count)
        junit_errors(out, diags);
    buf_add(out, STR("</testsuites>\n"));
}
