"""Two aioice agents that may use relayed candidates only, and random data between them, each message echoed and compared.

Usage: aioice_call.py HOST PORT udp|tcp|tls USERNAME PASSWORD MESSAGES
Prints one line of JSON: what happened, or {"error": …}. Uses nothing but aioice's public interface.
"""

import asyncio
import json
import secrets
import sys

import aioice

DEADLINE = 30
LARGEST = 1200


def agent(controlling, host, port, transport, username, password):
    return aioice.Connection(
        ice_controlling=controlling,
        turn_server=(host, port),
        turn_username=username,
        turn_password=password,
        turn_ssl=transport == "tls",
        turn_transport="udp" if transport == "udp" else "tcp",
        use_ipv6=False,
        transport_policy=aioice.TransportPolicy.RELAY,
    )


async def introduce(one, other):
    for candidate in other.local_candidates:
        await one.add_remote_candidate(candidate)
    await one.add_remote_candidate(None)
    one.remote_username, one.remote_password = other.local_username, other.local_password


async def echo(connection, count):
    for _ in range(count):
        await connection.send(await connection.recv())


async def call(host, port, transport, username, password, count):
    caller, callee = (agent(c, host, int(port), transport, username, password) for c in (True, False))
    try:
        await asyncio.gather(caller.gather_candidates(), callee.gather_candidates())
        await introduce(caller, callee)
        await introduce(callee, caller)
        await asyncio.gather(caller.connect(), callee.connect())

        # Lengths that are no multiple of four are most of them: over a stream these are padded.
        echoing = asyncio.ensure_future(echo(callee, int(count)))
        intact = 0
        for _ in range(int(count)):
            message = secrets.token_bytes(1 + secrets.randbelow(LARGEST))
            await caller.send(message)
            intact += await caller.recv() == message
        await echoing
        return {"candidates": [c.type for c in caller.local_candidates + callee.local_candidates], "intact": intact}
    finally:
        await caller.close()
        await callee.close()


async def main():
    try:
        result = await asyncio.wait_for(call(*sys.argv[1:]), DEADLINE)
    except Exception as error:  # the test judges it
        result = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(result), flush=True)


asyncio.run(main())
