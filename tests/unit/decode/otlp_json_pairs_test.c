/* Captured bodies: JSON and protobuf of the same request come to the same. */
#include "otlp_transcode.h"

#include <dirent.h>

static struct str read_pair(const char *name, const char *ending)
{
    enum { BODY_MAX = 1 << 20 };
    char path[600];
    char *text = malloc(BODY_MAX);

    snprintf(path, sizeof path, "%s/tests/data/otlp/json/%s%s", SOURCE_DIR, name, ending);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(text, 1, BODY_MAX, file);
    fclose(file);
    return (struct str){text, size};
}

static enum otlp_signal signal_of(const char *name)
{
    return strstr(name, ".logs")      ? OTLP_LOGS
           : strstr(name, ".metrics") ? OTLP_METRICS
                                      : OTLP_TRACES;
}

static void compare(const char *name)
{
    struct str json = read_pair(name, ".json"), sent = read_pair(name, ".bin");
    enum otlp_signal signal = signal_of(name);
    struct transcoded o = transcode_bytes(signal, json);
    struct buf ours = {0}, theirs = {0};

    print_message("%s\n", name);
    assert_true(o.ok);
    assert_null(o.why.text);
    assert_true(wire_dump(&ours, otlp_requests[signal], buf_str(&o.out), false));
    assert_true(wire_dump(&theirs, otlp_requests[signal], sent, false));
    assert_true(theirs.size > 500);
    buf_byte(&ours, '\0');
    buf_byte(&theirs, '\0');
    assert_string_equal(ours.at, theirs.at);
    buf_release(&ours);
    buf_release(&theirs);
    end(&o);
    free((void *)json.at);
    free((void *)sent.at);
}

TEST(json_comes_to_the_same_as_protobuf)
{
    DIR *pairs = opendir(SOURCE_DIR "/tests/data/otlp/json");
    int count = 0;

    assert_non_null(pairs);
    for (struct dirent *entry; (entry = readdir(pairs)) != NULL;) {
        char *ending = strstr(entry->d_name, ".bin");
        if (!ending)
            continue;
        *ending = '\0';
        compare(entry->d_name);
        count++;
    }
    closedir(pairs);
    assert_true(count >= 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_comes_to_the_same_as_protobuf)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
