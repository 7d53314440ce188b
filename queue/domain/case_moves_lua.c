/* Build tool: prints the tables of legal moves and of the clocks of each state as Lua, which
 * becomes the head of the store's function library. */
#include <stdio.h>
#include "queue/domain/case_state.h"
#include "queue/domain/ledger.h"
#include "queue/domain/clocks.h"

int main(void)
{
    struct buf text;
    buf_init(&text, 65536);
    case_moves_lua(&text);
    ledger_lua(&text);
    clocks_lua(&text);
    enum err err = buf_err(&text);
    if (err == ERR_OK && fwrite(text.ptr, 1, text.len, stdout) != text.len) {
        err = ERR_IO;
    }
    buf_release(&text);
    return err == ERR_OK && fflush(stdout) == 0 ? 0 : 1;
}
