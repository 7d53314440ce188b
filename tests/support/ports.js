// Ports for programs that cannot choose one themselves. They lie below those that the system gives to whoever asks for
// any, and each test process looks for them in a place of its own: what is free now is so when the program starts.
'use strict';

const { once } = require('node:events');
const net = require('node:net');

const FIRST = 10240;
const LAST = 32767; // Linux gives away 32768 and above
const PLACE = 32; // ports that belong to one process

let next = 0;

async function isFree(port) {
    const server = net.createServer().listen(port, '127.0.0.1');
    try {
        await once(server, 'listening');
    } catch {
        return false;
    }
    server.close();
    await once(server, 'close');
    return true;
}

async function freePorts(count) {
    const places = Math.floor((LAST - FIRST) / PLACE);
    const ports = [];
    for (let tries = 0; ports.length < count; tries++) {
        if (tries > LAST - FIRST) throw new Error('no port is free');
        // the place of this process, then those of others
        const at = ((process.pid % places) * PLACE + next++) % (places * PLACE);
        if (await isFree(FIRST + at)) ports.push(FIRST + at);
    }
    return ports;
}

module.exports = { freePorts };
