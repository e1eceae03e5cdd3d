/* processes.vala - has worker processes compute
 *
 * What to notice: the program is its own worker, so main() asks which of both it is
 * before it does anything else; a worker has none of the program’s memory, so what it
 * needs are its arguments, of any type that a Variant has; and large arrays of bytes
 * travel as they are. What else processes are good for is in crash-survival.vala.
 *
 *   valac -X -w --pkg GFutures-1 processes.vala && ./processes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
using GFutures;

const uint N_PIXELS = 512 * 512;

/* Runs in a worker, and looks at what it gets: any program may be at the other end */
Variant? measure (Variant? arguments, Promise promise) throws Error {
    if (arguments == null || !arguments.is_of_type (new VariantType ("(say)")))
        throw new IOError.INVALID_ARGUMENT ("measure takes a name and pixels, (say)");

    var pixels = arguments.get_child_value (1).get_data_as_bytes ();
    var counts = new uint[256];
    uint brightest = 255, median = 0, n_darker = 0;

    foreach (var pixel in pixels.get_data ())
        counts[pixel]++;
    while (brightest > 0 && counts[brightest] == 0)
        brightest--;
    while (median < 255 && (n_darker += counts[median]) <= pixels.length / 2)
        median++;

    var measures = new VariantDict ();
    measures.insert_value ("name", arguments.get_child_value (0));
    measures.insert_value ("brightest", brightest);
    measures.insert_value ("median", median);
    return measures.end ();
}

Future call_measure (Executor pool, string name, uint range) {
    var pixels = new uint8[N_PIXELS];

    for (uint i = 0; i < N_PIXELS; i++)
        pixels[i] = (uint8) ((i % range) * (i % range) / range);

    var array = new Variant.from_bytes (VariantType.BYTESTRING, new Bytes.take ((owned) pixels), true);
    return pool.call ("measure", new Variant.tuple ({ name, array }));
}

int main (string[] args) {
    function_register ("measure", measure);
    if (worker_requested ())
        return worker_run (args);

    var pool = new ProcessPoolExecutor.for_self (2);
    Future[] images = {
        call_measure (pool, "dim", 64),
        call_measure (pool, "grey", 128),
        call_measure (pool, "bright", 256)
    };

    foreach (var image in images) {
        try {
            image.run_until_done ();
            var measures = new VariantDict (image.get_variant ());
            print ("%s: up to %u, median %u\n",
                   measures.lookup_value ("name", VariantType.STRING).get_string (),
                   measures.lookup_value ("brightest", VariantType.UINT32).get_uint32 (),
                   measures.lookup_value ("median", VariantType.UINT32).get_uint32 ());
        } catch (Error error) {
            printerr ("%s\n", error.message);
        }
    }
    pool.shutdown ();
    return 0;
}
