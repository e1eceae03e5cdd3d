/* memory.js - large arrays of bytes
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* exported collectSoon, createVariant, fillBuffer, take, view */

var {collectSoon, createVariant, fillBuffer, take, view} = (() => {
    const {Uint8Array} = globalThis;
    const System = imports.system;
    const {GFutures, GLib} = imports.gi;

    /* The engine does not know of memory that is not its own, and would not look for
     * what can be freed of it: so it is told to when there is so much. */
    const MAX_FOREIGN = 256 * 1024 * 1024;
    /* And in a worker, when it has nothing else to do, from that size on. */
    const MAX_IDLE = 1024 * 1024;

    /* Each part that is handed to C is copied first: what stays in the processor's cache
     * is copied at half the cost. */
    const WRITE_SIZE = 256 * 1024;

    let foreign = 0;
    let isScheduled = false;

    function collect() {
        foreign = 0;
        System.gc();
    }

    /* Counts memory that is freed when garbage is collected. */
    function count(size) {
        if (foreign + size > MAX_FOREIGN)
            collect();
        foreign += size;
    }

    /* For workers: frees the memory that a task has left, before the next one. */
    function collectSoon() {
        if (foreign < MAX_IDLE || isScheduled)
            return;

        isScheduled = true;
        GLib.idle_add(GLib.PRIORITY_DEFAULT_IDLE, () => {
            isScheduled = false;
            collect();
            return GLib.SOURCE_REMOVE;
        });
    }

    /* The bytes, to be looked at only. No method of GLib.Bytes is called: gjs before 1.74.3,
     * and 1.75 to 1.76.0, leaks the bytes that it calls one of. */
    function view(bytes) {
        return bytes.toArray();
    }

    /* Large bytes, for the application to keep. */
    function take(bytes) {
        const array = view(bytes);

        count(array.length);
        return array;
    }

    /* What is packed, see values.js, in a buffer of its own. */
    function fillBuffer(bytes, pieces) {
        const size = pieces.reduce((sum, [, piece]) => sum + piece.length, bytes.length);

        count(size);

        const buffer = GFutures.Buffer.new_local(size);
        let from = 0;
        let offset = 0;

        function write(array) {
            for (let at = 0; at < array.length; at += WRITE_SIZE)
                buffer.write(offset + at, array.subarray(at, at + WRITE_SIZE));
            offset += array.length;
        }

        for (const [end, piece] of pieces) {
            write(bytes.subarray(from, end));
            write(piece);
            from = end;
        }
        write(bytes.subarray(from));
        return buffer;
    }

    /* gjs before 1.74.3, and 1.75 to 1.76.0, leaks the variants that it makes, but not those
     * that it is given. */
    function createVariant(type, bytes, pieces) {
        const carrier = GFutures.Promise.new();

        fillBuffer(bytes, pieces).send_result(carrier, type);
        return carrier.get_variant();
    }

    return {collectSoon, createVariant, fillBuffer, take, view};
})();
