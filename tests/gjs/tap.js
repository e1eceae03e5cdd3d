// tap.js - runs the cases of a test program, and speaks TAP
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import GLib from 'gi://GLib';
import System from 'system';

const DEADLINE_MS = 60000;
const cases = [];

export function test(name, func) {
    cases.push([name, func]);
}

// A case, the last one: neither the library nor gjs has complained in those before it.
export function testLog() {
    let problems = 0;

    GLib.log_set_writer_func((level, _fields) => {
        if (level & (GLib.LogLevelFlags.LEVEL_CRITICAL | GLib.LogLevelFlags.LEVEL_WARNING))
            problems++;
        return GLib.LogWriterOutput.UNHANDLED;
    });

    test('nothing was logged', () => {
        if (problems > 0)
            throw new Error(`${problems} warnings and criticals`);
    });
}

async function run() {
    let failures = 0;

    print(`1..${cases.length}`);
    for (const [i, [name, func]] of cases.entries()) {
        const watchdog = GLib.timeout_add(GLib.PRIORITY_DEFAULT, DEADLINE_MS, () => {
            print(`Bail out! "${name}" hangs`);
            System.exit(1);
            return GLib.SOURCE_REMOVE;
        });
        try {
            await func();
            print(`ok ${i + 1} - ${name}`);
        } catch (error) {
            failures++;
            print(`not ok ${i + 1} - ${name}`);
            print(`# ${`${error}\n${error.stack}`.replaceAll('\n', '\n# ')}`);
        }
        GLib.source_remove(watchdog);
    }
    return failures;
}

// Runs them, cleans up, and exits. The loop is entered from synchronous code:
// inside a promise job no other job would run.
export function main(cleanUp = () => {}) {
    const loop = new GLib.MainLoop(null, false);
    let status = 1;

    run().then(failures => {
        status = failures > 0 ? 1 : 0;
    }).catch(error => {
        print(`Bail out! ${error}`);
    }).finally(() => loop.quit());
    loop.run();
    cleanUp();
    System.exit(status);
}
