/* SPDX-License-Identifier: Apache-2.0 */
#include "base/reason.h"

const char *img_reason_word(enum img_reason why)
{
#define WORD(symbol, word, meaning) [symbol] = (word),
    static const char *const words[] = {IMG_REASONS(WORD)};
    return why < IMG_REASON_COUNT ? words[why] : "";
}

const char *img_reason_meaning(enum img_reason why)
{
#define MEANING(symbol, word, meaning) [symbol] = (meaning),
    static const char *const meanings[] = {IMG_REASONS(MEANING)};
    return why < IMG_REASON_COUNT ? meanings[why] : "";
}
