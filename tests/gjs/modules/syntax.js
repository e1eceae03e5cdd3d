// A module that is none
export function noop( {
