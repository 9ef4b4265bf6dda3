// The real parts, and what each one is.

import { opensearch } from './opensearch.mjs';
import { postgres } from './postgres.mjs';
import { redis } from './redis.mjs';
import { stripeMock } from './stripe-mock.mjs';

/**
 * @typedef {object} Part
 * @property {string} name
 * @property {string} variable the variable that switches the part on: the product's, or a test's
 * @property {() => { program: string, package: string }[]} needs programs, each with the Debian package that brings it
 * @property {(folder: string) => Promise<StartedPart>} start in an empty folder of its own; returns before it answers
 *
 * @typedef {object} StartedPart
 * @property {import('./server.mjs').Server} server
 * @property {() => Promise<void>} ready resolves as soon as it answers
 * @property {string} url the variable's value
 */

/** @type {Part[]} */
export const parts = [postgres, redis, opensearch, stripeMock];
