// assert.js - what the tests say of values and promises
//
// SPDX-License-Identifier: LGPL-2.1-or-later

import GLib from 'gi://GLib';

export function assert(condition, message) {
    if (!condition)
        throw new Error(message ?? 'assertion failed');
}

// What tells two values apart, kinds of objects too
function write(value) {
    if (value === null || value === undefined)
        return `${value}`;
    if (typeof value === 'bigint')
        return `${value}n`;
    if (Object.is(value, -0))
        return '-0';
    if (typeof value === 'string')
        return JSON.stringify(value);
    if (typeof value !== 'object')
        return String(value);
    if (Array.isArray(value))
        return `[${value.map(write).join(', ')}]`;
    if (value instanceof Map)
        return `Map {${[...value].map(([key, item]) => `${write(key)}: ${write(item)}`).join(', ')}}`;
    if (value instanceof Date)
        return `Date ${value.getTime()}`;
    if (ArrayBuffer.isView(value))
        return `${value.constructor.name} ${[...value].map(write)}`;
    if (value instanceof Error || value instanceof GLib.Error)
        return `${value.constructor.name} ${value.name} ${value.domain} ${value.code} ${value.message}`;
    return `{${Object.keys(value).map(key => `${write(key)}: ${write(value[key])}`).join(', ')}}`;
}

export function assertEqual(actual, expected, message) {
    const [a, b] = [write(actual), write(expected)];

    assert(a === b, `${message ?? 'value'}: ${a} is not ${b}`);
}

function check(error, type, text, what) {
    assert(error instanceof type, `${what}: ${error} is no ${type.name}`);
    assert(text instanceof RegExp ? text.test(error.message) : error.message.includes(text),
        `${what}: “${error.message}” does not say “${text}”`);
    return error;
}

// The error
export function assertThrows(func, type, text, what = 'it') {
    try {
        func();
    } catch (error) {
        return check(error, type, text, what);
    }
    throw new Error(`${what}: nothing was thrown`);
}

export async function assertRejects(promise, type, text, what = 'it') {
    try {
        await promise;
    } catch (error) {
        return check(error, type, text, what);
    }
    throw new Error(`${what}: nothing was thrown`);
}

// With a GLib.Error of that code
export async function assertFails(promise, domain, code, text = '') {
    const error = await assertRejects(promise, GLib.Error, text);

    assert(error.matches(domain, code), `${error} is of ${GLib.quark_to_string(error.domain)}, ${error.code}`);
    return error;
}

export function turn() {
    return new Promise(resolve => GLib.idle_add(GLib.PRIORITY_LOW, () => {
        resolve();
        return GLib.SOURCE_REMOVE;
    }));
}

export async function turnUntil(condition) {
    while (!condition())
        await turn();
}

export function sleep(ms) {
    return new Promise(resolve => GLib.timeout_add(GLib.PRIORITY_DEFAULT, ms, () => {
        resolve();
        return GLib.SOURCE_REMOVE;
    }));
}

export async function collect(iterable) {
    const values = [];

    for await (const value of iterable)
        values.push(value);
    return values;
}

// The URI of a file beside a module
export function resolveBeside(name, base = import.meta.url) {
    return GLib.uri_resolve_relative(base, name, GLib.UriFlags.NONE);
}
