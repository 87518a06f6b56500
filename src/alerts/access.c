/* Passwords, tokens and certificates of a receiver. Files are read for each POST, so that
 * one that was replaced holds from the next on. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

enum { HEADER_MAX = SECRET_BYTES_MAX + 128 };

bool secret_read(char out[SECRET_BYTES_MAX + 1], size_t *size, const char *path,
                 struct err *err)
{
    FILE *file = fopen(path, "re");

    if (!file)
        return err_set(err, ERR_CONFIG, "%s: %m", path);
    errno = 0;
    *size = fread(out, 1, SECRET_BYTES_MAX + 1, file);
    int failure = ferror(file) ? errno : 0;
    fclose(file);
    if (failure)
        return err_set(err, ERR_CONFIG, "%s: %s", path, strerror(failure));
    bool too_long = *size > SECRET_BYTES_MAX;
    while (*size && (out[*size - 1] == '\n' || out[*size - 1] == '\r'))
        --*size;
    if (*size == 0 || too_long)
        return err_set(err, ERR_CONFIG, "%s: a secret has 1 to %d bytes", path,
                       SECRET_BYTES_MAX);
    out[*size] = '\0';
    return true;
}

bool access_copy(struct access_options *out, const struct access_options *options,
                 struct arena *arena)
{
    const char **texts[] = {
        &out->username, &out->password_file, &out->authorization, &out->credentials_file,
        &out->ca_file,  &out->cert_file,     &out->key_file};

    *out = *options;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (*texts[i] && !(*texts[i] = arena_cstr(arena, str_of(*texts[i]))))
            return false;
    return true;
}

static bool set_password(CURL *easy, const struct access_options *a, struct err *err)
{
    char secret[SECRET_BYTES_MAX + 1];
    size_t size;

    if (!secret_read(secret, &size, a->password_file, err))
        return false;
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
    curl_easy_setopt(easy, CURLOPT_USERNAME, a->username);
    curl_easy_setopt(easy, CURLOPT_PASSWORD, secret);
    explicit_bzero(secret, sizeof secret);
    return true;
}

static bool add_credentials(struct curl_slist **headers, const struct access_options *a,
                            struct err *err)
{
    char secret[SECRET_BYTES_MAX + 1], line[HEADER_MAX];
    size_t size;

    if (!secret_read(secret, &size, a->credentials_file, err))
        return false;
    snprintf(line, sizeof line, "Authorization: %s %s",
             a->authorization ? a->authorization : "Bearer", secret);
    struct curl_slist *all = curl_slist_append(*headers, line);
    explicit_bzero(secret, sizeof secret);
    explicit_bzero(line, sizeof line);
    return all ? true : err_set(err, ERR_MEMORY, "out of memory");
}

bool access_apply(CURL *easy, struct curl_slist **headers, const struct access_options *a,
                  struct err *err)
{
    if (a->username && !set_password(easy, a, err))
        return false;
    if (a->credentials_file && !add_credentials(headers, a, err))
        return false;
    if (a->ca_file)
        curl_easy_setopt(easy, CURLOPT_CAINFO, a->ca_file);
    if (a->cert_file)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, a->cert_file);
    if (a->key_file)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, a->key_file);
    if (a->insecure_skip_verify) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    return true;
}
