// Runs a WASM program of the `wasm32-wasip1` target in Node: `node wasi.mjs PROGRAM ARGUMENT…`.
import { readFile } from 'node:fs/promises';
import { argv } from 'node:process';
import { WASI } from 'node:wasi';

const [, , program, ...rest] = argv;
const wasi = new WASI({ version: 'preview1', args: [program, ...rest] });
const module = await WebAssembly.compile(await readFile(program));
wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
