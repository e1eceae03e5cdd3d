/* names.js - names of what pools of JavaScript call by themselves
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/* exported LOAD, MAP, showName */

var {LOAD, MAP, showName} = (() => {
    /* Before the name of a function that is to be called for each item of an Array */
    const MAP = 'map:';
    /* Before that of an initializer, if there is one: a worker is ready when its module is
     * loaded. */
    const LOAD = 'load:';

    const PREFIX = new RegExp(`(^|“)(${MAP}|${LOAD})`);

    /* A name, or a message with one, for the user */
    function showName(text) {
        return text.replace(PREFIX, '$1');
    }

    return {LOAD, MAP, showName};
})();
