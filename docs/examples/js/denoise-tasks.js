/* denoise-tasks.js - what the workers of denoise.js run
 *
 * A process pool calls by name what a module exports. These are plain functions, which
 * know nothing of GTK or of processes: pixels, three bytes each, come and go as a
 * Uint8Array. The last argument is the context of the task: by it denoise() tells how
 * far it is, and learns that nobody waits any more.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
import GLib from 'gi://GLib';

/* How far from a pixel others like it are looked for, what is compared around each,
 * and how different that may be */
const SEARCH = 8, PATCH = 1, TOLERANCE = 60;

/* How many rows above and below a strip its own depend on */
export const MARGIN = SEARCH + PATCH;

/* Mountains from the far ones on: height, seed, roughness and color */
const RIDGES = [
    [0.46, 2, 0.10, [150, 100, 130]],
    [0.56, 5, 0.08, [95, 65, 105]],
    [0.66, 9, 0.05, [45, 38, 66]],
];
const SHORE = 0.72;

/* The color at a point of the picture, from 0 to 1 both ways: evening at a lake */
function getColor(x, y) {
    if (y > SHORE)
        return getColor(x + 0.006 * Math.sin(900 / (y - SHORE + 0.25)), 2 * SHORE - y).map(value => 0.8 * value);

    const sun = Math.hypot(1.2 * (x - 0.66), y - 0.4);
    const glow = Math.exp(-7 * sun);
    let color = sun < 0.07 ? [255, 240, 190] : [70 + 240 * y + 120 * glow, 60 + 130 * y + 80 * glow, 120 + 30 * y];

    for (const [height, seed, roughness, shade] of RIDGES) {
        let top = height;

        for (let i = 1; i < 7; i++)
            top += roughness * Math.sin(5.2 * x * i * i + seed * i) / i ** 1.6;
        if (y > top)
            color = shade;
    }
    return color;
}

/* A picture with the grain of one that was taken in the dark */
export function takePicture(width, height) {
    const pixels = new Uint8ClampedArray(3 * width * height);

    for (let i = 0; i < width * height; i++) {
        const color = getColor(i % width / width, Math.floor(i / width) / height);

        pixels.set(color.map(value => value + 40 * (Math.random() + Math.random() + Math.random() - 1.5)), 3 * i);
    }
    return new Uint8Array(pixels.buffer);
}

/* The rows from @first on, up to @last, without grain. By non-local means (Buades, Coll
 * and Morel, 2005): a pixel becomes the mean of those near it that, with their
 * neighbors, look the same. */
export function denoise(pixels, width, first, last, context) {
    const height = pixels.length / (3 * width);
    const result = new Uint8Array(3 * width * (last - first));

    const grey = new Float64Array(width * height).map((_, i) =>
        (pixels[3 * i] + pixels[3 * i + 1] + pixels[3 * i + 2]) / 3);

    function getWeight(a, b) {
        let sum = 0;

        for (let dy = -PATCH * width; dy <= PATCH * width; dy += width) {
            for (let d = dy - PATCH; d <= dy + PATCH; d++) {
                const difference = grey[a + d] - grey[b + d];

                sum += difference * difference;
            }
        }
        return Math.exp(-sum / (TOLERANCE * TOLERANCE));
    }

    for (let y = first; y < last && !context.isCancelled; y++) {
        for (let x = 0; x < width; x++) {
            /* At the edges, the nearest pixel that has all its neighbors */
            const cx = Math.max(PATCH, Math.min(x, width - 1 - PATCH));
            const cy = Math.max(PATCH, Math.min(y, height - 1 - PATCH));
            let weights = 0, red = 0, green = 0, blue = 0;

            for (let ny = Math.max(PATCH, cy - SEARCH); ny <= Math.min(cy + SEARCH, height - 1 - PATCH); ny++) {
                for (let nx = Math.max(PATCH, cx - SEARCH); nx <= Math.min(cx + SEARCH, width - 1 - PATCH); nx++) {
                    const at = ny * width + nx;
                    const weight = getWeight(cy * width + cx, at);

                    weights += weight;
                    red += weight * pixels[3 * at];
                    green += weight * pixels[3 * at + 1];
                    blue += weight * pixels[3 * at + 2];
                }
            }
            result.set([red / weights, green / weights, blue / weights], 3 * ((y - first) * width + x));
        }
        context.progress((y + 1 - first) / (last - first));
    }
    return result;
}

/* Takes its worker with it, as a bug in a library does. */
export function crash() {
    GLib.spawn_command_line_sync("sh -c 'kill -KILL $PPID'");
}
