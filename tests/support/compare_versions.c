/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "attest/version.h"

/* Reads "ORDER A B" lines and prints "A < B", so that scripts can compare us with other programs.
 */
int main(void)
{
    char line[2048], order[32], a[600], b[600];
    struct img_err err = IMG_ERR_INIT;
    int c;

    while (fgets(line, sizeof(line), stdin) != NULL) {
        if (sscanf(line, "%31s %599s %599s", order, a, b) != 3)
            return 2;
        if (!img_version_compare(img_order_of_purl_type(order), a, b, &c, &err)) {
            img_err_print(stderr, &err);
            return img_code_exit(err.code);
        }
        printf("%s %s %s\n", a, c < 0 ? "<" : c > 0 ? ">" : "=", b);
    }
    return 0;
}
