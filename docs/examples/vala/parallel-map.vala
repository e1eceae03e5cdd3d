/* parallel-map.vala - calls one function for many items, on all processors
 *
 * What to notice: the results are in the order of the items, whichever was done first;
 * the items travel in chunks, as a single one is too little work for a task; and the map
 * is one future, which has progress and can be cancelled. Arrays become variants, and
 * variants arrays, by themselves. With a process pool in place of the thread pool the
 * same call goes to other processes: see processes.vala.
 *
 *   valac -X -w --pkg GFutures-1 parallel-map.vala && ./parallel-map
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

const uint N_ITEMS = 20000;
const uint CHUNK_SIZE = 500;

/* Runs on a thread of the pool: how many steps the number takes to become 1 */
Variant? collatz (Variant? item, Promise promise) throws Error {
    uint32 steps = 0;

    for (uint64 n = item.get_uint32 (); n > 1; steps++)
        n = n % 2 == 1 ? 3 * n + 1 : n / 2;

    return steps;
}

int main () {
    uint32[] items = {};
    int longest = 0;

    function_register ("collatz", collatz);
    for (uint32 n = 1; n <= N_ITEMS; n++)
        items += n;
    var map = ThreadPoolExecutor.get_default ().map ("collatz", items, CHUNK_SIZE);
    map.notify["progress"].connect (() => printerr ("\r%3.0f %%", 100 * map.progress));

    try {
        // A program with windows yields instead, see hello.vala
        map.run_until_done ();
        printerr ("\n");

        var steps = (uint32[]) map.get_variant ();
        for (int i = 0; i < steps.length; i++) {
            if (steps[i] > steps[longest])
                longest = i;
        }
        print ("27 takes %u steps\n", steps[27 - 1]);
        print ("%d of %d takes the most: %u\n", longest + 1, steps.length, steps[longest]);
    } catch (Error error) {
        printerr ("%s\n", error.message);
        return 1;
    }
    return 0;
}
