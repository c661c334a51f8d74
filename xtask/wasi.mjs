// Runs a WASM program of the `wasm32-wasip1` target in Node: `node wasi.mjs PROGRAM ARGUMENT…`.
//
// Only what such a program needs that reads its arguments and the clock and writes lines: Node's own WASI of version 20
// crashes at the end of a program whose memory has grown large.
import { readFile } from 'node:fs/promises';
import { writeSync } from 'node:fs';
import { argv, exit, hrtime } from 'node:process';

const SUCCESS = 0, BAD_DESCRIPTOR = 8;
const [, , program, ...rest] = argv;
const words = [program, ...rest].map(word => new TextEncoder().encode(`${word}\0`));
let memory;
const view = () => new DataView(memory.buffer);

const system = {
    args_sizes_get(count, size) {
        view().setUint32(count, words.length, true);
        view().setUint32(size, words.reduce((sum, word) => sum + word.length, 0), true);
        return SUCCESS;
    },
    args_get(places, text) {
        words.forEach((word, number) => {
            view().setUint32(places + 4 * number, text, true);
            new Uint8Array(memory.buffer).set(word, text);
            text += word.length;
        });
        return SUCCESS;
    },
    environ_sizes_get(count, size) {
        view().setUint32(count, 0, true);
        view().setUint32(size, 0, true);
        return SUCCESS;
    },
    environ_get: () => SUCCESS,
    clock_time_get(_clock, _precision, time) {
        view().setBigUint64(time, hrtime.bigint(), true);
        return SUCCESS;
    },
    fd_write(descriptor, pieces, count, written) {
        let sum = 0;
        for (let piece = pieces; piece < pieces + 8 * count; piece += 8) {
            const [begin, length] = [view().getUint32(piece, true), view().getUint32(piece + 4, true)];
            sum += writeSync(descriptor, new Uint8Array(memory.buffer, begin, length));
        }
        view().setUint32(written, sum, true);
        return SUCCESS;
    },
    proc_exit: code => exit(code),
};
// There are no files and nothing else: whoever asks is told so.
const others = { get: (target, name) => target[name] ?? (() => BAD_DESCRIPTOR) };

const module = await WebAssembly.compile(await readFile(program));
const imports = { wasi_snapshot_preview1: new Proxy(system, others) };
const { exports } = await WebAssembly.instantiate(module, imports);
memory = exports.memory;
exports._start();
