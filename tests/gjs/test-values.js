// test-values.js - JavaScript's values as serialized variants, and back
//
// What GLib makes of the same bytes says whether they are right.
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GFutures from 'gi://GFutures?version=1';

import {assert, assertEqual, assertRejects, assertThrows, resolveBeside} from './assert.js';
import {main, test} from './tap.js';

const {values, memory} = imports.overrides.gfutures;

const pool = new GFutures.ProcessPoolExecutor({module: resolveBeside('./tasks.js'), max_workers: 1});

// GLib's view of what is packed; not yet believed
function createVariant(type, bytes, pieces) {
    const variant = memory.createVariant(type, bytes, pieces);
    const copy = GLib.Variant.new_from_bytes(variant.get_type(), variant.get_data_as_bytes(), false);

    assert(copy.is_normal_form(), `${type}: not in normal form`);
    return copy;
}

const pack = value => values.packValue(value, createVariant);
const packArguments = (...args) => values.packArguments(args, createVariant);

// [value, as GLib prints it, what arrives if that is another one]
const TABLE = [
    [null, '@mv nothing'],
    [undefined, '@mv nothing', null],
    [true, 'true'],
    [false, 'false'],
    [0, 'int64 0'],
    [1, 'int64 1'],
    [-1, 'int64 -1'],
    [2 ** 31, 'int64 2147483648'],
    [-(2 ** 32) - 1, 'int64 -4294967297'],
    [Number.MAX_SAFE_INTEGER, 'int64 9007199254740991'],
    [Number.MIN_SAFE_INTEGER, 'int64 -9007199254740991'],
    [2 ** 53, '9007199254740992.0'],
    [-0, '-0.0'],
    [0.5, '0.5'],
    [1e300, '1.0000000000000001e+300'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
    [NaN, 'nan'],
    [5n, 'int64 5', 5],
    [2n ** 53n, 'int64 9007199254740992'],
    [-(2n ** 63n), 'int64 -9223372036854775808'],
    [2n ** 63n - 1n, 'int64 9223372036854775807'],
    [2n ** 64n - 1n, 'uint64 18446744073709551615'],
    ['', "''"],
    ['text', "'text'"],
    ['ünïcode € 😀', "'ünïcode € 😀'"],
    ['x'.repeat(32), `'${'x'.repeat(32)}'`],
    ['x'.repeat(33), `'${'x'.repeat(33)}'`],
    [`${'x'.repeat(31)}ü`, `'${'x'.repeat(31)}ü'`],
    ['\ufeff\ufeffbyte order marks', "'\\ufeff\\ufeffbyte order marks'"],
    [new Uint8Array([1, 2, 255]), '[byte 0x01, 0x02, 0xff]'],
    [new Uint8Array([1, 2, 3]).subarray(1), '[byte 0x02, 0x03]'],
    [new Uint8Array(0), '@ay []'],
    [new Uint8Array([7]).buffer, '[byte 0x07]', new Uint8Array([7])],
    [new DataView(new Uint8Array([7, 8]).buffer, 1), '[byte 0x08]', new Uint8Array([8])],
    [new Uint8ClampedArray([9]), '[byte 0x09]', new Uint8Array([9])],
    [new GLib.Bytes(new Uint8Array([1, 2])), '[byte 0x01, 0x02]', new Uint8Array([1, 2])],
    [new Int8Array([-1, 1]), '[int16 -1, 1]', new Int16Array([-1, 1])],
    [new Int16Array([-2]), '[int16 -2]'],
    [new Uint16Array([65535]), '[uint16 65535]'],
    [new Int32Array([-3, 3]), '[-3, 3]'],
    [new Uint32Array([4]), '[uint32 4]'],
    [new BigInt64Array([-5n, 2n ** 60n]), '[int64 -5, 1152921504606846976]', [-5, 2n ** 60n]],
    [new BigUint64Array([2n ** 64n - 1n]), '[uint64 18446744073709551615]', [2n ** 64n - 1n]],
    [new Float32Array([0.5]), '[0.5]', new Float64Array([0.5])],
    [new Float64Array([1.5, -2]), '[1.5, -2.0]'],
    [new Float64Array([0, 1.5, 2]).subarray(1), '[1.5, 2.0]'],
    [new class Numbers extends Float64Array {}([1.5]), '[1.5]', new Float64Array([1.5])],
    [[], '@av []'],
    [[1, 'two', null, [true]], "[<int64 1>, <'two'>, <@mv nothing>, <[<true>]>]"],
    // eslint-disable-next-line no-sparse-arrays
    [[, 1], '[<@mv nothing>, <int64 1>]', [null, 1]],
    [{}, '@a{sv} {}'],
    [{a: 1, 'b c': {d: [0.5]}}, "{'a': <int64 1>, 'b c': <{'d': <[<0.5>]>}>}"],
    [{a: undefined}, "{'a': <@mv nothing>}", {a: null}],
    [Object.assign(Object.create(null), {a: 1}), "{'a': <int64 1>}", {a: 1}],
    [JSON.parse('{"__proto__": {"a": 1}}'), "{'__proto__': <{'a': <int64 1>}>}"],
    [new Map(), '@a(vv) []'],
    [new Map([[1, 'a'], ['b', [2]], [[3], null]]),
        "[(<int64 1>, <'a'>), (<'b'>, <[<int64 2>]>), (<[<int64 3>]>, <@mv nothing>)]"],
    [new Date(0), '(@mx 0,)'],
    [new Date(-1), '(@mx -1000,)'],
    [new Date('2026-02-03T04:05:06.789Z'), '(@mx 1770091506789000,)'],
    [new Date(77777777777777), '(@mx 77777777777777000,)'],
    [new Date(-77777777777777), '(@mx -77777777777777000,)'],
    [new Date(8.64e15), '(@mx 8640000000000000000,)'],
    [new Date(NaN), '(@mx nothing,)'],
    [new GLib.Variant('(is)', [1, 'a']), "(1, 'a')", [1, 'a']],
    [new GLib.Variant('a{is}', {1: 'a'}), "{1: 'a'}", new Map([[1, 'a']])],
    [new GLib.Variant('a{si}', {x: 1}), "{'x': 1}", {x: 1}],
    [new GLib.Variant('as', ['a', 'b']), "['a', 'b']", ['a', 'b']],
    [new GLib.Variant('()', []), '()', []],
    [new GLib.Variant('(yb)', [1, true]), '(byte 0x01, true)', [1, true]],
    [new GLib.Variant('mi', 5), '@mi 5', 5],
    [new GLib.Variant('ms', 'x'), "@ms 'x'", 'x'],
    [new GLib.Variant('g', 'a{sv}'), "signature 'a{sv}'", 'a{sv}'],
    [new GLib.Variant('o', '/a'), "objectpath '/a'", '/a'],
    [new GLib.Variant('a(yt)', [[1, 2]]), '[(byte 0x01, uint64 2)]', [[1, 2]]],
    [new GLib.Variant('(ysyvd)', [1, 'a', 2, new GLib.Variant('q', 3), 4]),
        "(byte 0x01, 'a', byte 0x02, <uint16 3>, 4.0)", [1, 'a', 2, 3, 4]],
    [new GLib.Variant('ab', [true, false]), '[true, false]', [true, false]],
];

test('each value is the variant that the table says', () => {
    for (const [value, text] of TABLE)
        assertEqual(pack(value).print(true), text);
});

test('each comes back', () => {
    for (const [value, text, arrives = value] of TABLE) {
        values.packValue(value, (type, bytes, pieces) => {
            assertEqual(pieces.length, 0);
            assertEqual(values.unpack(type, bytes.slice()), arrives === undefined ? null : arrives, text);
        });
        assertEqual(values.unpackVariant(pack(value)), arrives === undefined ? null : arrives, text);
    }
});

test('arguments are a tuple', () => {
    for (const [args, text] of [
        [[1], '(int64 1,)'],
        [[true], '(true,)'],
        [[1, true], '(int64 1, true)'],
        [[true, 1], '(true, int64 1)'],
        [['a', 1, 'b'], "('a', int64 1, 'b')"],
        [[null], '(@mv nothing,)'],
        [[null, null], '(@mv nothing, @mv nothing)'],
        [[[]], '(@av [],)'],
        [[true, new GLib.Variant('(is)', [1, 'a']), false], "(true, (1, 'a'), false)"],
        [[true, new GLib.Variant('i', 1), new GLib.Variant('y', 1)], '(true, 1, byte 0x01)'],
        [[new Uint8Array([1]), new Float64Array([1]), 'x'.repeat(300)],
            `([byte 0x01], [1.0], '${'x'.repeat(300)}')`],
        [[new Date(0)], '((@mx 0,),)'],
        [[new GLib.Variant('(mx)', [5])], '(@mx 5,)'],
    ])
        assertEqual(packArguments(...args).print(true), text);
});

test('arguments come back, and are never taken for one value', () => {
    for (const args of [[1], [true, 1], ['a', null, [1], {}], [new Date(5)], [null], [[]], [new Error('e')]]) {
        values.packArguments(args, (type, bytes) => {
            assertEqual(values.unpackArguments(type, bytes.slice()), args);
        });
        assertEqual(values.unpackVariant(packArguments(...args), {asArguments: true}), args);
    }
    assertEqual(values.unpackVariant(new GLib.Variant('(mx)', [5]), {asArguments: true}), [5]);
    assertEqual(values.unpackVariant(new GLib.Variant('i', 5), {asArguments: true}), [5]);
});

test('containers of every width of offsets', () => {
    for (const n of [1, 20, 21, 250, 3000, 80000]) {
        const array = Array.from({length: n}, (_, i) => i % 3 === 0 ? 'x'.repeat(i % 7) : i);
        const object = Object.fromEntries(array.slice(0, 5000).map((value, i) => [`key ${i}`, value]));

        assertEqual(values.unpackVariant(pack(array)).length, n);
        assertEqual(values.unpackVariant(pack(array)), array);
        assertEqual(values.unpackVariant(pack(object)), object);
        assertEqual(pack(array).n_children(), n);
        // What it has come to may be read by everybody.
        assertEqual(pack(array).get_child_value(n - 1).get_variant().print(true),
            new GLib.Variant(typeof array[n - 1] === 'string' ? 's' : 'x', array[n - 1]).print(true));
    }
});

test('random values come back', () => {
    let seed = 1;
    const random = n => {
        seed = (seed * 48271) % 0x7fffffff;
        return seed % n;
    };
    const create = depth => {
        switch (random(depth > 4 ? 8 : 12)) {
        case 0: return null;
        case 1: return random(2) === 0;
        case 2: return random(1000) - 500;
        case 3: return random(0x7fffffff) * 0x100000 - random(99);
        case 4: return random(1000) / 7;
        case 5: return 'aü€😀'.slice(0, 2).repeat(random(60));
        case 6: return new Uint8Array(random(300)).fill(random(256));
        case 7: return new Date(random(0x7fffffff));
        case 8: return new Map(Array.from({length: random(5)}, (_, i) => [create(5), create(depth + 1)]));
        case 9: return Object.fromEntries(Array.from({length: random(9)}, (_, i) => [`${i} ${random(9)}`, create(depth + 1)]));
        default: return Array.from({length: random(9)}, () => create(depth + 1));
        }
    };

    for (let i = 0; i < 2000; i++) {
        const value = create(0);

        assertEqual(values.unpackVariant(pack(value)), value);
    }
});

test('errors are values', () => {
    const thrown = assertThrows(() => null.x, TypeError, 'null');
    const arrived = values.unpackVariant(pack(thrown));

    assert(arrived instanceof TypeError);
    assertEqual(arrived.message, thrown.message);
    assert(arrived.stack.includes('test-values.js'), arrived.stack);

    const gerror = values.unpackVariant(pack(new GLib.Error(Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY, 'busy')));

    assert(gerror instanceof GLib.Error && gerror.matches(Gio.IOErrorEnum, Gio.IOErrorEnum.BUSY));
    assertEqual(gerror.message, 'busy');

    const named = new Error('a: b\nc');

    assertEqual(values.unpackVariant(pack(new RangeError())), new RangeError());
    named.name = 'My.Error';
    assertEqual(`${values.unpackVariant(pack([named]))[0]}`, 'My.Error: a: b\nc');
});

test('what cannot be sent is named', () => {
    const cycle = {list: []};

    cycle.list.push(cycle);
    for (const [value, text] of [
        [() => {}, 'args[0]: functions cannot be sent'],
        [[1, {callback: () => {}}], 'args[0][1].callback: functions cannot be sent'],
        [{'a b': [Symbol('s')]}, 'args[0]["a b"][0]: symbols cannot be sent'],
        [new Map([['k', Symbol('s')]]), 'args[0].k: symbols cannot be sent'],
        [new Map([[() => {}, 1]]), 'args[0].keys()[0]: functions cannot be sent'],
        [new Set(), 'args[0]: objects of the class Set cannot be sent'],
        [/x/, 'args[0]: objects of the class RegExp cannot be sent'],
        [new class Point {}(), 'args[0]: objects of the class Point cannot be sent'],
        [Promise.resolve(), 'args[0]: promises cannot be sent'],
        [GFutures.Future.new_for_int(1), 'args[0]: objects of the type Gf'],
        [new Gio.SimpleAction({name: 'a'}), 'args[0]: objects of the type GSimpleAction cannot be sent'],
        [2n ** 64n, 'args[0]: 18446744073709551616 does not fit into 64 bits'],
        [-(2n ** 63n) - 1n, 'args[0]: -9223372036854775809 does not fit'],
        ['a\0b', 'args[0]: strings with a zero character'],
        [{'\0': 1}, 'args[0]: strings with a zero character'],
        ['\ud800', 'args[0]: strings with half a surrogate pair'],
        [`${'x'.repeat(40)}\udc00`, 'args[0]: strings with half a surrogate pair'],
        [new GLib.Variant('(h)', [0]), 'args[0]: handles (h) mean nothing'],
        [cycle, 'args[0].list[0]: objects that contain themselves cannot be sent'],
    ])
        assertThrows(() => pool.call('echo', value, 1), TypeError, text);
    // The same object twice is none that contains itself.
    const shared = {a: 1};

    assertEqual(values.unpackVariant(pack([shared, shared])), [shared, shared]);
});

test('deep values travel up to a depth, and are refused below', async () => {
    for (const [wrap, deepest] of [[value => [value], 60], [a => ({a}), 40], [value => new Map([[1, value]]), 40]]) {
        const nest = n => n === 0 ? 1 : wrap(nest(n - 1));

        for (const n of [1, 30, deepest])
            assertEqual(await pool.call('echo', nest(n)), nest(n));
        assertThrows(() => pool.call('echo', nest(deepest + 1)), TypeError, 'nested so deep');
        assertThrows(() => pool.call('echo', nest(1000)), TypeError, 'nested so deep');
    }
});

test('a getter may call something itself', () => {
    const value = {
        get inner() {
            return pack([1, 2]).print(true);
        },
        after: 5,
    };

    assertEqual(values.unpackVariant(pack(value)), {inner: '[<int64 1>, <int64 2>]', after: 5});
});

test('a worker gets and returns them as they are', async () => {
    for (const [value, text, arrives = value] of TABLE) {
        // Alone, a variant is the arguments.
        const [first] = await pool.call('echoAll', value, 1);

        assertEqual(first, arrives === undefined ? null : arrives, text);
    }

    const all = TABLE.map(([value]) => value);
    const back = await pool.call('echoAll', ...all);

    assertEqual(back, TABLE.map(([value, , arrives = value]) => arrives === undefined ? null : arrives));
    assertEqual(await pool.call('describe', new Map()), '[object Map]');
    assertEqual(await pool.call('describe', new Date()), '[object Date]');
    assertEqual(await pool.call('describe', 1n), '[object Number]');
    assertEqual(await pool.call('describe', 2n ** 60n), '[object BigInt]');
});

test('large bytes travel wherever they are', async () => {
    const bytes = new Uint8Array((1 << 20) + 3).map((_, i) => i * 7);
    const isSame = other => other instanceof Uint8Array && other.length === bytes.length &&
        other.every((byte, i) => byte === bytes[i]);

    assert(isSame(await pool.call('echo', bytes)));
    const {name, list, map, numbers} = await pool.call('echo', {
        name: 'picture',
        list: [1, bytes, 'x', bytes.subarray(1)],
        map: new Map([[5, {bytes}]]),
        numbers: new Float64Array(20000).map((_, i) => i / 3),
    });

    assertEqual(name, 'picture');
    assertEqual([list[0], list[2], list.length], [1, 'x', 4]);
    assert(isSame(list[1]) && list[3].length === bytes.length - 1 && list[3][1] === bytes[2]);
    assert(isSame(map.get(5).bytes));
    assert(numbers instanceof Float64Array && numbers.length === 20000 && numbers[19999] === 19999 / 3);

    // Who writes to what has arrived changes nothing elsewhere.
    const arrived = await pool.call('echo', bytes);

    arrived.fill(0);
    assert(bytes[1] === 7);
    assert(isSame(await pool.call('echo', bytes)));
});

test('large bytes of this process are copied', () => {
    const bytes = new Uint8Array(1 << 20).fill(1);
    const future = GFutures.Future.new_for_variant(pack(bytes));

    future.result().fill(2);
    assert(future.result()[0] === 1);
});

test('large bytes of another one are the same for all who ask', async () => {
    const future = pool.call('echo', new Uint8Array(1 << 20));
    const value = await future;

    assert(future.get_value() === value && future.result() === value);
});

test('many small values in large ones', async () => {
    const numbers = Array.from({length: 20000}, (_, i) => i);
    const rows = Array.from({length: 3000}, (_, i) => ({id: i, name: `row ${i}`, tags: ['a', null]}));

    assertEqual(await pool.call('echo', numbers), numbers);
    assertEqual(await pool.call('echo', {rows, n: 1}), {rows, n: 1});
    assertEqual((await pool.call('echo', 'ü'.repeat(100000))).length, 100000);
});

test('a result that cannot be sent is named', async () => {
    await assertRejects(pool.call('fail', 'callback'), TypeError, 'result.list[1].callback: functions cannot be sent');
});

main(() => pool.shutdown(true, false));
