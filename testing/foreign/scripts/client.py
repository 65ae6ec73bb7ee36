"""A client of the gateway in another language, with nothing but what comes with it: a socket, JSON and a hash.

Arguments: the port, the token, a session and a message. Prints what came back, one line of JSON each: the handshake, the
acknowledgement, each event of the run, and the history. Written from the recorded frames, not from our own client.
"""

import base64
import hashlib
import json
import os
import socket
import struct
import sys
import uuid

ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
TEXT, CLOSE, PING, PONG = 0x1, 0x8, 0x9, 0xA


class WebSocket:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.file = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        status = self.file.readline().decode()
        assert " 101 " in status, status
        headers = {}
        while (line := self.file.readline().decode().strip()):
            name, value = line.split(":", 1)
            headers[name.lower()] = value.strip()
        wanted = base64.b64encode(hashlib.sha1((key + ACCEPT).encode()).digest()).decode()
        assert headers["sec-websocket-accept"] == wanted, headers

    def send(self, kind, payload):
        mask = os.urandom(4)
        size = len(payload)
        if size < 126:
            head = struct.pack("!BB", 0x80 | kind, 0x80 | size)
        elif size < 1 << 16:
            head = struct.pack("!BBH", 0x80 | kind, 0x80 | 126, size)
        else:
            head = struct.pack("!BBQ", 0x80 | kind, 0x80 | 127, size)
        masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
        self.socket.sendall(head + mask + masked)

    def text(self):
        """The next message; whatever else the protocol wants on the way is done."""
        whole = b""
        while True:
            first, size = self.file.read(2)
            if size == 126:
                (size,) = struct.unpack("!H", self.file.read(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", self.file.read(8))
            payload = self.file.read(size)
            kind = first & 0x0F
            if kind == CLOSE:
                raise EOFError(payload)
            if kind == PING:
                self.send(PONG, payload)
            elif kind != PONG:
                whole += payload
                if first & 0x80:
                    return whole.decode()


class Gateway:
    def __init__(self, port):
        self.web = WebSocket(port)
        self.asked = 0

    def next(self):
        return json.loads(self.web.text())

    def ask(self, method, params):
        """Sends a request; gives its answer and the events that came before it."""
        self.asked += 1
        name, before = f"py{self.asked}", []
        request = {"type": "req", "id": name, "method": method, "params": params}
        self.web.send(TEXT, json.dumps(request).encode())
        while True:
            frame = self.next()
            if frame["type"] == "res" and frame["id"] == name:
                assert frame["ok"], frame["error"]
                return frame["payload"], before
            before.append(frame)


def say(**line):
    print(json.dumps(line), flush=True)


def main():
    port, token, session, message = int(sys.argv[1]), *sys.argv[2:5]
    gateway = Gateway(port)
    challenge = gateway.next()
    assert challenge["event"] == "connect.challenge", challenge
    me = {"id": "gateway-client", "version": "0.0.1", "platform": "python", "mode": "backend"}
    hello, _ = gateway.ask("connect", {
        "minProtocol": 3, "maxProtocol": 3, "client": me, "role": "operator",
        "scopes": ["operator.admin"], "caps": [], "auth": {"token": token},
    })
    say(hello=hello["type"], methods="chat.send" in hello["features"]["methods"])
    run = str(uuid.uuid4())
    started, events = gateway.ask(
        "chat.send", {"sessionKey": session, "message": message, "idempotencyKey": run}
    )
    say(run=started["runId"] == run, status=started["status"])
    while True:
        frame = events.pop(0) if events else gateway.next()
        payload = frame.get("payload", {})
        if payload.get("runId") != run:
            continue
        if frame["event"] == "agent":
            say(agent=payload["stream"], data=payload["data"])
        elif frame["event"] == "chat":
            say(chat=payload["state"], message=payload.get("message"))
            if payload["state"] != "delta":
                break
    history, _ = gateway.ask("chat.history", {"sessionKey": session})
    say(history=[it["role"] for it in history["messages"]])
    gateway.web.send(CLOSE, struct.pack("!H", 1000))


main()
