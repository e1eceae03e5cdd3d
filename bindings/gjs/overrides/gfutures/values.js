/* values.js - JavaScript's values as serialized GVariants, and back
 *
 * What crosses to functions of any language; the table is in the manual, and
 * _values.py of the Python binding keeps to it too:
 *
 *   null, undefined  mv, nothing     Uint8Array, ArrayBuffer, GLib.Bytes  ay
 *   boolean          b               another typed array  an array of its numbers
 *   integer          x               Array             av; alone as arguments: (…)
 *   other number     d               plain object      a{sv}
 *   BigInt           x, or t         Map               a(vv)
 *   string           s               Date              (mx), µs since 1970, or nothing
 *   GLib.Variant     as it is        GLib.Error, Error (sisms), see errors.js
 *
 * The bytes are written and read here: making a GLib.Variant of each value takes
 * ten times as long. The format is told in GLib's “GVariant Specification”.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* exported MAX_SMALL, isThenable, packArguments, packItems, packTuple, packTuples, packValue, unpack,
   unpackArguments, unpackVariant */

var {
    MAX_SMALL, isThenable, packArguments, packItems, packTuple, packTuples, packValue, unpack, unpackArguments,
    unpackVariant,
} = (() => {
    const {ArrayBuffer, BigInt, DataView, Map, Math, Number, Object, String, TypeError, Uint8Array} = globalThis;
    const {GLib, GObject} = imports.gi;

    const {fromFields, toFields} = imports.overrides.gfutures.errors;
    const memory = imports.overrides.gfutures.memory;

    /* From this size on, bytes are not copied into what is packed, and what arrives is
     * looked at piece by piece. */
    const MAX_SMALL = 64 * 1024;

    /* GLib refuses values with more than 128 levels. An Array has two, itself and the
     * variants in it, an object or Map three. */
    const MAX_LEVELS = 120;

    /* A value with more children is unpacked from its bytes. */
    const FEW = 64;

    const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
    const TWO_32 = 2 ** 32;
    /* Types that nobody else has much use for */
    const DATE = '(mx)';
    const ERROR = '(sisms)';
    const MAP = 'a(vv)';

    const encoder = new TextEncoder();
    const decoder = new TextDecoder('utf-8', {fatal: true});

    /* Arrays of numbers: in which array they arrive; x and t in an Array, of numbers
     * where they are exact. */
    const ARRAYS = new Map([
        ['n', Int16Array], ['q', Uint16Array], ['i', Int32Array], ['u', Uint32Array], ['d', Float64Array],
    ]);
    const ELEMENT_TYPES = new Map([
        ...[...ARRAYS].map(([type, kind]) => [kind.name, type]), ['BigInt64Array', 'x'], ['BigUint64Array', 't'],
    ]);

    /* ---- packing ---- */

    class Packer {
        constructor() {
            this.bytes = new Uint8Array(4096);
            this.view = new DataView(this.bytes.buffer);
            this.path = [];
            this.above = [];
            this.begin('', 0);
        }

        begin(root, offset) {
            this.at = 0;           /* in the bytes */
            this.elsewhere = 0;    /* how many bytes before that are in pieces */
            this.pieces = [];      /* [at, Uint8Array], not copied */
            this.ends = [];        /* of the children, for the containers that are open */
            this.root = root;
            this.offset = offset;  /* of the first item */
            this.depth = 0;        /* of the path */
            this.levels = 0;
        }

        end() {
            this.above.length = 0;
            this.pieces = [];
            if (this.bytes.length > 16 * MAX_SMALL) {
                this.bytes = new Uint8Array(4096);
                this.view = new DataView(this.bytes.buffer);
            }
        }

        reserve(size) {
            const needed = this.at + size;

            if (needed <= this.bytes.length)
                return;

            const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length));

            larger.set(this.bytes.subarray(0, this.at));
            this.bytes = larger;
            this.view = new DataView(larger.buffer);
        }

        get size() {
            return this.at + this.elsewhere;
        }

        /* Room for a number is made too. */
        align(alignment) {
            this.reserve(16);
            while ((this.at + this.elsewhere) & (alignment - 1))
                this.bytes[this.at++] = 0;
        }

        fail(why) {
            let where = this.root;

            for (const key of this.path.slice(0, this.depth)) {
                if (typeof key === 'number')
                    where += `[${key}]`;
                else if (Array.isArray(key))
                    where += `.keys()[${key[0]}]`;
                else if (/^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key))
                    where += `.${key}`;
                else
                    where += `[${JSON.stringify(key)}]`;
            }
            throw new TypeError(`${where}: ${why}`);
        }

        /* What follows is a child. */
        enter(key) {
            this.path[this.depth++] = key;
        }

        leave() {
            this.depth--;
        }

        /* The functions below write a value, aligned, and return its type. */

        pack(value) {
            switch (typeof value) {
            case 'number':
                return this.packNumber(value);
            case 'string':
                this.packString(value);
                return 's';
            case 'boolean':
                this.reserve(1);
                this.bytes[this.at++] = value ? 1 : 0;
                return 'b';
            case 'undefined':
                this.align(8);
                return 'mv';
            case 'bigint':
                return this.packBigInt(value);
            case 'object':
                return this.packObject(value);
            default:
                return this.fail(`${typeof value}s cannot be sent`);
            }
        }

        packNumber(value) {
            this.align(8);
            /* -0 is no integer of C's. */
            if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
                this.view.setFloat64(this.at, value, LITTLE_ENDIAN);
                this.at += 8;
                return 'd';
            }
            this.view.setUint32(this.at + (LITTLE_ENDIAN ? 0 : 4), value, LITTLE_ENDIAN);
            this.view.setInt32(this.at + (LITTLE_ENDIAN ? 4 : 0), Math.floor(value / TWO_32), LITTLE_ENDIAN);
            this.at += 8;
            return 'x';
        }

        packBigInt(value) {
            this.align(8);
            if (BigInt.asIntN(64, value) === value) {
                this.view.setBigInt64(this.at, value, LITTLE_ENDIAN);
                this.at += 8;
                return 'x';
            }
            if (BigInt.asUintN(64, value) !== value)
                this.fail(`${value} does not fit into 64 bits`);
            this.view.setBigUint64(this.at, value, LITTLE_ENDIAN);
            this.at += 8;
            return 't';
        }

        packString(value) {
            const begin = this.at;

            /* Most are short, and ASCII. */
            if (value.length <= 32) {
                this.reserve(value.length + 1);

                let i = 0;

                for (; i < value.length; i++) {
                    const code = value.charCodeAt(i);

                    if (code >= 0x80 || code === 0)
                        break;
                    this.bytes[this.at++] = code;
                }
                if (i === value.length) {
                    this.bytes[this.at++] = 0;
                    return;
                }
                this.at = begin;
            }

            if (value.includes('\0'))
                this.fail('strings with a zero character cannot be sent');
            if (/\p{Surrogate}/u.test(value))
                this.fail('strings with half a surrogate pair cannot be sent');
            this.reserve(3 * value.length + 1);
            this.at += encoder.encodeInto(value, this.bytes.subarray(this.at)).written;
            this.bytes[this.at++] = 0;
        }

        packType(type) {
            this.reserve(type.length);
            for (let i = 0; i < type.length; i++)
                this.bytes[this.at++] = type.charCodeAt(i);
        }

        packBytes(array) {
            if (array.byteLength >= MAX_SMALL) {
                this.pieces.push([this.at, array]);
                this.elsewhere += array.byteLength;
            } else {
                this.reserve(array.byteLength);
                this.bytes.set(array, this.at);
                this.at += array.byteLength;
            }
        }

        packObject(value) {
            if (value === null) {
                this.align(8);
                return 'mv';
            }
            if (Array.isArray(value))
                return this.packArray(value);

            const prototype = Object.getPrototypeOf(value);

            if (prototype === Object.prototype || prototype === null)
                return this.packDictionary(value);
            if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
                return this.packTyped(value);
            if (value instanceof Map)
                return this.packMap(value);
            if (value instanceof Date)
                return this.packDate(value);
            if (value instanceof GLib.Variant)
                return this.packVariantItself(value);
            if (value instanceof GLib.Bytes) {
                this.packBytes(memory.view(value));
                return 'ay';
            }
            if (value instanceof Error || value instanceof GLib.Error)
                return this.packError(value);
            if (value instanceof GObject.Object)
                return this.fail(`objects of the type ${value.constructor.$gtype.name} cannot be sent`);
            if (isThenable(value))
                return this.fail('promises cannot be sent, but what they come to');
            /* Whose prototype is another module's Object.prototype is plain. */
            if (Object.getPrototypeOf(prototype) === null && prototype.constructor?.name === 'Object')
                return this.packDictionary(value);
            return this.fail(`objects of the class ${prototype.constructor?.name} cannot be sent, ` +
                'but plain objects, Arrays, Maps and typed arrays');
        }

        packTyped(value) {
            /* GVariant has no numbers that are as small. */
            if (value instanceof Int8Array)
                value = Int16Array.from(value);
            else if (value instanceof Float32Array)
                value = Float64Array.from(value);

            const type = ELEMENT_TYPES.get(value[Symbol.toStringTag]);

            if (type !== undefined)
                this.align(value.BYTES_PER_ELEMENT);
            this.packBytes(value instanceof ArrayBuffer
                ? new Uint8Array(value) : new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
            return `a${type ?? 'y'}`;
        }

        packDate(value) {
            const time = value.getTime();

            this.align(8);
            /* An invalid Date is nothing. */
            if (!Number.isNaN(time)) {
                this.view.setBigInt64(this.at, BigInt(time) * 1000n, LITTLE_ENDIAN);
                this.at += 8;
            }
            return DATE;
        }

        packError(value) {
            const [domain, code, message, stack] = toFields(value);

            this.align(4);

            const begin = this.size;
            const first = this.ends.length;

            this.packString(domain);

            const end = this.size;

            this.align(4);
            this.view.setInt32(this.at, code, LITTLE_ENDIAN);
            this.at += 4;
            this.packString(message);
            /* Those of a tuple are in reverse order. */
            this.ends.push(this.size, end);
            if (stack !== null) {
                this.packString(stack);
                this.reserve(1);
                this.bytes[this.at++] = 0;
            }
            this.packEnds(begin, first);
            return ERROR;
        }

        packVariantItself(value) {
            const type = value.get_type_string();

            if (type.includes('h'))
                this.fail('handles (h) mean nothing in another process');
            if (!value.is_normal_form())
                value = value.get_normal_form();
            this.align(getPlan(type).alignment);
            this.packBytes(memory.view(value.get_data_as_bytes()));
            return type;
        }

        /* ---- containers ---- */

        /* An object that is inside itself has no end. */
        open(value, levels) {
            if (this.above.includes(value))
                this.fail('objects that contain themselves cannot be sent');
            this.levels += levels;
            if (this.levels > MAX_LEVELS)
                this.fail('objects that are nested so deep cannot be sent');
            this.above.push(value);
            this.align(8);
        }

        close(levels) {
            this.levels -= levels;
            this.above.pop();
        }

        packBoxed(value, key) {
            this.enter(key);
            this.align(8);

            const type = this.pack(value);

            this.reserve(1);
            this.bytes[this.at++] = 0;
            this.packType(type);
            this.leave();
        }

        packArray(value) {
            this.open(value, 2);

            const begin = this.size;
            const first = this.ends.length;

            for (let i = 0; i < value.length; i++) {
                this.packBoxed(value[i], i);
                this.ends.push(this.size);
            }
            this.packEnds(begin, first);
            this.close(2);
            return 'av';
        }

        packDictionary(value) {
            this.open(value, 3);

            const begin = this.size;
            const first = this.ends.length;

            for (const key of Object.keys(value)) {
                this.align(8);

                const entry = this.size;

                this.packString(key);
                this.packEntry(entry, key, value[key]);
            }
            this.packEnds(begin, first);
            this.close(3);
            return 'a{sv}';
        }

        packMap(value) {
            this.open(value, 3);

            const begin = this.size;
            const first = this.ends.length;
            let i = 0;

            for (const [key, item] of value) {
                this.align(8);

                const entry = this.size;

                this.packBoxed(key, [i]);
                this.packEntry(entry, typeof key === 'string' ? key : i, item);
                i++;
            }
            this.packEnds(begin, first);
            this.close(3);
            return MAP;
        }

        /* The key is there. */
        packEntry(begin, key, value) {
            const first = this.ends.length;

            this.ends.push(this.size);
            this.packBoxed(value, key);
            this.packEnds(begin, first);
            this.ends.push(this.size);
        }

        /* Where the children end, relative to where their container begins. */
        packEnds(begin, first) {
            const n = this.ends.length - first;
            const size = this.size - begin;
            const width = getEndWidth(size, n);

            this.reserve(n * width);
            for (let i = first; i < this.ends.length; i++) {
                this.putEnd(this.ends[i] - begin, width);
                this.at += width;
            }
            this.ends.length = first;
        }

        putEnd(end, width) {
            if (width === 1)
                this.bytes[this.at] = end;
            else if (width === 2)
                this.view.setUint16(this.at, end, true);
            else if (width === 4)
                this.view.setUint32(this.at, end, true);
            else
                this.view.setBigUint64(this.at, BigInt(end), true);
        }

        packTuple(values) {
            const ends = [];
            let type = '(';
            let alignment = 1;
            let isFixed = true;

            for (let i = 0; i < values.length; i++) {
                this.enter(i);
                const kind = this.pack(values[i]);
                this.leave();

                const plan = getPlan(kind);

                type += kind;
                alignment = Math.max(alignment, plan.alignment);
                if (plan.size === 0) {
                    isFixed = false;
                    if (i + 1 < values.length)
                        ends.push(this.size);
                }
            }

            if (isFixed)
                this.align(alignment);
            /* Those of a tuple are in reverse order. */
            this.ends.push(...ends.reverse());
            this.packEnds(0, 0);
            return `${type})`;
        }

        /* The arguments of a call that has an Array for its only one */
        packItems(items) {
            for (const [i, item] of items.entries()) {
                this.packBoxed(item, this.offset + i);
                this.ends.push(this.size);
            }
            this.packEnds(0, 0);
            return '(av)';
        }

        /* An array of arguments, one for each item; null: they are of different types. */
        packTuples(items) {
            let type = null;

            for (const [i, item] of items.entries()) {
                this.align(type === null ? 8 : getPlan(type).alignment);
                this.enter(this.offset + i);
                const kind = this.pack(item);
                this.leave();

                const tuple = `(${kind})`;
                const {size} = getPlan(tuple);

                if (tuple !== (type ??= tuple))
                    return null;
                if (size > 0)
                    this.align(getPlan(tuple).alignment);
                else
                    this.ends.push(this.size);
            }
            this.packEnds(0, 0);
            return `a${type}`;
        }
    }

    /* How many bytes each of @n ends takes after @size bytes. */
    function getEndWidth(size, n) {
        if (size + n <= 0xff)
            return 1;
        if (size + 2 * n <= 0xffff)
            return 2;
        return size + 4 * n <= 0xffffffff ? 4 : 8;
    }

    function isThenable(value) {
        return value !== null && ['object', 'function'].includes(typeof value) && typeof value.then === 'function';
    }

    let idle = null;

    /* Calls use(type, bytes, pieces) with what @pack has written: @bytes are the
     * packer's own, and only good there. The pieces are parts of them that are not in
     * them. */
    function withPacker(root, offset, pack, value, use) {
        /* A getter of a value's may send something itself. */
        const packer = idle ?? new Packer();

        idle = null;
        try {
            packer.begin(root, offset);

            const type = pack.call(packer, value);

            return type !== null ? use(type, packer.bytes.subarray(0, packer.at), packer.pieces) : null;
        } finally {
            packer.end();
            idle = packer;
        }
    }

    const {
        pack, packItems: packAsItems, packTuple: packAsTuple, packTuples: packAsTuples, packVariantItself,
    } = Packer.prototype;

    /* The arguments of a call, which there must be: a tuple of them, or a GLib.Variant
     * that is the only one. */
    function packArguments(args, use) {
        if (args.length === 1 && args[0] instanceof GLib.Variant)
            return withPacker('args[0]', 0, packVariantItself, args[0], use);
        return packTuple(args, use);
    }

    function packTuple(args, use) {
        return withPacker('args', 0, packAsTuple, args, use);
    }

    /* An Array as the only argument. @offset: the number of its first item, for messages. */
    function packItems(items, offset, use) {
        return withPacker('items', offset, packAsItems, items, use);
    }

    /* An array of the arguments of a call for each item; null: they are of different
     * types. */
    function packTuples(items, offset, use) {
        return withPacker('items', offset, packAsTuples, items, use);
    }

    function packValue(value, use) {
        return withPacker('result', 0, pack, value, use);
    }

    /* ---- types ---- */

    const BASIC = {y: 1, b: 1, n: 2, q: 2, i: 4, u: 4, h: 4, x: 8, t: 8, d: 8, s: 0, o: 0, g: 0};

    /* What is known of a type: its alignment, the size of its values, 0 if they have
     * many, and its children's. */
    let plans = new Map();

    function getPlan(type) {
        let plan = plans.get(type);

        if (plan === undefined) {
            plan = makePlan(type);
            /* There is no end to the types that others may send. */
            if (plans.size >= 1000)
                plans = new Map();
            plans.set(type, plan);
        }
        return plan;
    }

    /* Where the type that begins at @from ends. */
    function findEnd(type, from) {
        let depth = 0;

        while (type[from] === 'a' || type[from] === 'm')
            from++;
        do {
            if (type[from] === '(' || type[from] === '{')
                depth++;
            else if (type[from] === ')' || type[from] === '}')
                depth--;
            from++;
        } while (depth > 0);
        return from;
    }

    function makePlan(type) {
        const kind = type[0];

        if (kind in BASIC && type.length === 1)
            return {type, kind, alignment: BASIC[kind] || 1, size: BASIC[kind], children: []};
        if (kind === 'v')
            return {type, kind, alignment: 8, size: 0, children: []};
        if (kind === 'a' || kind === 'm') {
            const child = getPlan(type.slice(1));

            return {type, kind, alignment: child.alignment, size: 0, children: [child]};
        }

        const children = [];
        let alignment = 1;
        let size = 0;
        let isFixed = true;

        for (let from = 1; from < type.length - 1;) {
            const end = findEnd(type, from);
            const child = getPlan(type.slice(from, end));

            children.push(child);
            alignment = Math.max(alignment, child.alignment);
            isFixed &&= child.size > 0;
            size = roundUp(size, child.alignment) + child.size;
            from = end;
        }
        /* The empty tuple takes a byte. */
        size = isFixed ? Math.max(1, roundUp(size, alignment)) : 0;
        return {type, kind, alignment, size, children};
    }

    /* An alignment is a power of two. */
    function roundUp(size, alignment) {
        return size % alignment === 0 ? size : size + alignment - size % alignment;
    }

    /* Of the types of one letter, by its code */
    const basicPlans = [];

    for (const type of [...Object.keys(BASIC), 'v'])
        basicPlans[type.charCodeAt(0)] = getPlan(type);

    /* ---- unpacking ---- */

    class Unpacker {
        constructor(bytes) {
            this.bytes = bytes;
            this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        }

        /* The value of that type between @from and @to. */
        unpack(plan, from, to) {
            switch (plan.kind) {
            case 'v':
                return this.unpackBoxed(from, to);
            case 's':
            case 'o':
            case 'g':
                return this.unpackString(from, to - 1);
            case 'x':
            case 't':
                return this.unpackInteger(plan.kind, from);
            case 'd':
                return this.view.getFloat64(from, LITTLE_ENDIAN);
            case 'b':
                return this.bytes[from] !== 0;
            case 'y':
                return this.bytes[from];
            case 'n':
                return this.view.getInt16(from, LITTLE_ENDIAN);
            case 'q':
                return this.view.getUint16(from, LITTLE_ENDIAN);
            case 'i':
            case 'h':
                return this.view.getInt32(from, LITTLE_ENDIAN);
            case 'u':
                return this.view.getUint32(from, LITTLE_ENDIAN);
            case 'm':
                if (from === to)
                    return null;
                /* After a value of no fixed size is a zero. */
                return this.unpack(plan.children[0], from, plan.children[0].size > 0 ? to : to - 1);
            case 'a':
                return this.unpackArray(plan, from, to);
            default:
                return this.unpackTuple(plan, from, to);
            }
        }

        unpackInteger(kind, from) {
            const low = this.view.getUint32(from + (LITTLE_ENDIAN ? 0 : 4), LITTLE_ENDIAN);
            const high = kind === 'x'
                ? this.view.getInt32(from + (LITTLE_ENDIAN ? 4 : 0), LITTLE_ENDIAN)
                : this.view.getUint32(from + (LITTLE_ENDIAN ? 4 : 0), LITTLE_ENDIAN);
            const number = high * TWO_32 + low;

            if (Number.isSafeInteger(number))
                return number;
            return kind === 'x'
                ? this.view.getBigInt64(from, LITTLE_ENDIAN) : this.view.getBigUint64(from, LITTLE_ENDIAN);
        }

        /* Without the zero at the end. */
        unpackString(from, to) {
            if (to - from <= 16) {
                let text = '';

                for (let i = from; i < to; i++) {
                    if (this.bytes[i] >= 0x80)
                        return this.decode(from, to);
                    text += String.fromCharCode(this.bytes[i]);
                }
                return text;
            }
            return this.decode(from, to);
        }

        decode(from, to) {
            let marks = '';

            /* The decoder takes them away. */
            while (this.bytes[from] === 0xef && this.bytes[from + 1] === 0xbb && this.bytes[from + 2] === 0xbf) {
                marks += '\ufeff';
                from += 3;
            }
            return marks + decoder.decode(this.bytes.subarray(from, to));
        }

        unpackBoxed(from, to) {
            let middle = to - 1;

            while (middle > from && this.bytes[middle] !== 0)
                middle--;

            const plan = middle + 2 === to ? basicPlans[this.bytes[middle + 1]] : undefined;

            return this.unpack(plan ?? getPlan(this.unpackString(middle + 1, to)), from, middle);
        }

        getEnd(at, width) {
            if (width === 1)
                return this.bytes[at];
            if (width === 2)
                return this.view.getUint16(at, true);
            if (width === 4)
                return this.view.getUint32(at, true);
            return Number(this.view.getBigUint64(at, true));
        }

        /* Calls use(begin, end) for each child of an array. */
        forEach(child, from, to, use) {
            if (child.size > 0) {
                for (let at = from; at < to; at += child.size)
                    use(at, at + child.size);
                return;
            }
            if (from === to)
                return;

            const width = getEndWidth(to - from, 0);
            let ends = from + this.getEnd(to - width, width);
            let at = from;

            for (; ends < to; ends += width) {
                const end = from + this.getEnd(ends, width);

                use(roundUp(at, child.alignment), end);
                at = end;
            }
        }

        unpackArray(plan, from, to) {
            const [child] = plan.children;

            if (child.kind === 'y')
                return this.bytes.slice(from, to);
            if (ARRAYS.has(child.type))
                return new (ARRAYS.get(child.type))(this.bytes.slice(from, to).buffer);
            if (child.kind === '{' || plan.type === MAP)
                return this.unpackDictionary(child, from, to);

            const values = [];

            this.forEach(child, from, to, (begin, end) => values.push(this.unpack(child, begin, end)));
            return values;
        }

        unpackDictionary(plan, from, to) {
            const dictionary = makeDictionary(plan.children[0].kind);

            this.forEach(plan, from, to, (begin, end) => {
                const [key, value] = this.unpackMembers(plan, begin, end);

                dictionary.add(key, value);
            });
            return dictionary.value;
        }

        unpackMembers(plan, from, to) {
            const width = getEndWidth(to - from, 0);
            const {children} = plan;
            const values = [];
            let ends = to;
            let at = from;

            for (let i = 0; i < children.length; i++) {
                const child = children[i];
                const begin = roundUp(at, child.alignment);

                if (child.size > 0) {
                    at = begin + child.size;
                } else if (i + 1 < children.length) {
                    ends -= width;
                    at = from + this.getEnd(ends, width);
                } else {
                    at = ends;
                }
                values.push(this.unpack(child, begin, at));
            }
            return values;
        }

        unpackTuple(plan, from, to) {
            return fromTuple(plan.type, this.unpackMembers(plan, from, to));
        }
    }

    /* A plain object, or a Map if the keys are no strings. */
    function makeDictionary(keyKind) {
        if (!'sog'.includes(keyKind)) {
            const map = new Map();

            return {value: map, add: (key, value) => map.set(key, value)};
        }

        const object = {};
        const add = (key, value) => {
            if (key === '__proto__')
                Object.defineProperty(object, key, {value, configurable: true, enumerable: true, writable: true});
            else
                object[key] = value;
        };

        return {value: object, add};
    }

    /* Of microseconds, a number or a BigInt */
    function makeDate(time) {
        if (time === null)
            return new Date(NaN);
        if (typeof time === 'number')
            return new Date(Math.floor(time / 1000));

        const rest = (time % 1000n + 1000n) % 1000n;

        return new Date(Number((time - rest) / 1000n));
    }

    function fromTuple(type, members) {
        if (type === DATE)
            return makeDate(members[0]);
        if (type === ERROR)
            return fromFields(...members);
        return members;
    }

    /* The value of serialized bytes. */
    function unpack(type, bytes) {
        return new Unpacker(bytes).unpack(getPlan(type), 0, bytes.length);
    }

    /* The arguments of a function that was called with serialized bytes. */
    function unpackArguments(type, bytes) {
        const plan = getPlan(type);

        if (plan.kind === '(')
            return new Unpacker(bytes).unpackMembers(plan, 0, bytes.length);
        return [unpack(type, bytes)];
    }

    /* The value of a GLib.Variant. Large byte arrays are not copied if the memory is that
     * of a message, which nobody else looks at. */
    function unpackVariant(variant, {asArguments = false, isForeign = false} = {}) {
        const type = variant.get_type_string();
        const unpackChild = child => unpackVariant(child, {isForeign});

        if (asArguments && type[0] !== '(')
            return [unpackChild(variant)];
        if (type === 'ay' && isForeign && variant.get_size() > MAX_SMALL)
            return memory.take(variant.get_data_as_bytes());
        if (variant.get_size() <= MAX_SMALL || isFlat(type) || variant.n_children() > FEW)
            return (asArguments ? unpackArguments : unpack)(type, memory.take(variant.get_data_as_bytes()));
        if (type === 'v')
            return unpackChild(variant.get_variant());
        if (type[0] === 'm')
            return unpackChild(variant.get_maybe());

        const children = Array.from({length: variant.n_children()}, (_, i) => variant.get_child_value(i));

        if (type === MAP || type.startsWith('a{')) {
            const dictionary = makeDictionary(type[2]);

            for (const entry of children)
                dictionary.add(unpackChild(entry.get_child_value(0)), unpackChild(entry.get_child_value(1)));
            return dictionary.value;
        }

        const members = children.map(unpackChild);

        return asArguments || type[0] === 'a' ? members : fromTuple(type, members);
    }

    /* Strings, and arrays of numbers that arrive in an array of their own. */
    function isFlat(type) {
        return type.length === 1 ? type !== 'v' : type.length === 2 && (type[1] === 'y' || ARRAYS.has(type[1]));
    }

    return {
        MAX_SMALL, isThenable, packArguments, packItems, packTuple, packTuples, packValue, unpack, unpackArguments,
        unpackVariant,
    };
})();
