/* Stands in for Intel's quoting library in tests: the same functions, and whatever misbehaviour the file named by STAND_IN_ORDERS asks
 * for. Each call of a function takes the first line of that file away; an empty file means good behaviour. The lines:
 *   pass | crash | abort | exit | hang | shout | garbage | 0xE0xx (to be returned) | size=N (quote size to be told)
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QUOTE_SIZE 1100u

static uint32_t told_size;

static int order(void)
{
    const char *path = getenv("STAND_IN_ORDERS");
    char all[4096], *rest;
    FILE *file = path ? fopen(path, "r") : NULL;
    size_t size;
    told_size = QUOTE_SIZE;
    if (!file)
        return 0;
    size = fread(all, 1, sizeof all - 1, file);
    fclose(file);
    all[size] = 0;
    if (!size)
        return 0;
    rest = strchr(all, '\n');
    rest = rest ? rest + 1 : all + size;
    file = fopen(path, "w");
    fputs(rest, file);
    fclose(file);
    if (rest > all && rest[-1] == '\n')
        rest[-1] = 0;
    if (!strcmp(all, "crash"))
        *(volatile int *)(uintptr_t)8 = 1;
    if (!strcmp(all, "abort"))
        abort();
    if (!strcmp(all, "exit"))
        _exit(3);
    if (!strcmp(all, "hang"))
        for (;;)
            pause();
    if (!strcmp(all, "shout")) {
        printf("[QPL] a line on standard output\n");
        fflush(stdout);
    }
    if (!strncmp(all, "garbage", 7)) {
        /* Any descriptor may be the one that the answers go through. */
        for (int fd = 3; fd < 256; fd++)
            if (write(fd, "\377\377\377\377garbage", 11) < 0)
                continue;
        for (;;)
            pause();
    }
    if (!strncmp(all, "size=", 5))
        told_size = (uint32_t)strtoul(all + 5, NULL, 0);
    return !strncmp(all, "0x", 2) ? (int)strtoul(all, NULL, 16) : 0;
}

#ifdef TD_LIBRARY
/* A quote of version 4: the report's first bytes where the body is, and whether the key was made anew. */
static int context, keys;
static bool made_anew;

int tee_att_create_context(const void *key, const char *path, void **made)
{
    *made = &context;
    return key || path ? 0x11002 : 0;
}

int tee_att_init_quote(const void *made, uint8_t *target, bool refresh, size_t *id_size, uint8_t *id)
{
    int result = order();
    if (result)
        return result;
    if (made != &context || *id_size != 32)
        return 0x11002;
    memset(target, 0x11, 512);
    memset(id, 0x22, 32);
    made_anew = refresh;
    keys++;
    return 0;
}

int tee_att_get_quote_size(const void *made, uint32_t *size)
{
    *size = made == &context && told_size ? told_size : QUOTE_SIZE;
    return keys ? 0 : 0x1100F;
}

int tee_att_get_quote(const void *made, const uint8_t *report, uint32_t report_size, void *qe, uint8_t *quote, uint32_t size)
{
    uint32_t length = QUOTE_SIZE - 636;
    int result = order();
    if (result)
        return result;
    if (made != &context || report_size != 1024 || qe || size < QUOTE_SIZE)
        return 0x11002;
    memset(quote, 0, size);
    quote[0] = 4;
    quote[46] = made_anew;
    quote[47] = (uint8_t)keys;
    memcpy(quote + 48, report, 584);
    memcpy(quote + 632, &length, 4);
    return 0;
}
#else
static void fill(uint8_t *quote, uint32_t size, const uint8_t *report)
{
    uint32_t length = size - 436;
    memset(quote, 0, size);
    quote[0] = 3;
    memcpy(quote + 48, report, 384);
    memcpy(quote + 432, &length, 4);
}

#ifndef APPLICATION_LIBRARY
int sgx_ql_init_quote(const uint8_t *key, uint8_t *target, bool refresh, size_t *id_size, uint8_t *id)
{
    int result;
    if (!id) {
        if ((result = order()))
            return result;
        /* Only with the attestation key that Intel's enclave has. */
        if (!key || key[6] != 0x8C || key[154] != 2)
            return 0xE00B;
        *id_size = 32;
        return 0;
    }
    memset(target, 0x11, 512);
    target[511] = refresh;
    memset(id, 0x22, 32);
    return 0;
}

int sgx_ql_get_quote_size(const uint8_t *key, uint32_t *size)
{
    (void)key;
    *size = told_size ? told_size : QUOTE_SIZE;
    return 0;
}

int sgx_ql_get_quote(const uint8_t *report, const uint8_t *key, uint8_t *qe, uint8_t *quote, uint32_t size)
{
    int result = order();
    (void)key;
    if (result)
        return result;
    fill(quote, size, report);
    if (qe)
        memset(qe + 528, 0x33, 432);
    return 0;
}
#else
int sgx_qe_get_target_info(uint8_t *target)
{
    int result = order();
    memset(target, 0x44, 512);
    return result;
}

int sgx_qe_get_quote_size(uint32_t *size)
{
    *size = told_size ? told_size : QUOTE_SIZE;
    return 0;
}

int sgx_qe_get_quote(const uint8_t *report, uint32_t size, uint8_t *quote)
{
    int result = order();
    if (!result)
        fill(quote, size, report);
    return result;
}

int sgx_qe_cleanup_by_policy(void)
{
    return 0;
}
#endif
#endif
