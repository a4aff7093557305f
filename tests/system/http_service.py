"""http_service.py - the service of load_http.sh: GET /users/ID answers a value with an ETag, in several moods.

Usage: http_service.py FOLDER [CERTIFICATE KEY DROPPED]: with a certificate it speaks TLS, and breaks off the first DROPPED
connections in the handshake. Writes the port to FOLDER/port and one line a request to FOLDER/requests.
  id 404    there is none           id 503    the first request is answered 503, Retry-After: 1
  id 429    the first is 429        id moving its value, and so its ETag, changes with every request
  id weak   a weak ETag             id refused 403
"""
import hashlib
import json
import os
import ssl
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

folder = sys.argv[1]
lock = threading.Lock()
counts = {}
at_once = 0
most_at_once = 0


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: in two, each answer waits 40 ms for an acknowledgement

    def log_message(self, *unused):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        global at_once, most_at_once
        with lock:
            at_once += 1
            most_at_once = max(most_at_once, at_once)
        try:
            self.serve()
        finally:
            with lock:
                at_once -= 1

    def serve(self):
        name = urllib.parse.unquote(self.path.rsplit("/", 1)[1], errors="surrogateescape")
        with lock:
            counts[name] = counts.get(name, 0) + 1
            count = counts[name]
            with open(folder + "/requests", "a", errors="surrogateescape") as requests:
                requests.write(f"{self.command} {name} {most_at_once}\n")
        if self.headers.get("Authorization") != "Bearer s3cret":
            return self.answer(401)
        if name in ("503", "429") and count == 1:
            return self.answer(int(name), Retry_After="1")
        if name == "404" or name == "refused":
            return self.answer(404 if name == "404" else 403)
        time.sleep(0.001)
        value = {"id": name, "count": count if name == "moving" else 1}
        body = json.dumps(value).encode()
        if name == "binary":
            body = bytes(range(256))
        tag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
        self.answer(200, body, ETag=("W/" if name == "weak" else "") + tag)


class Server(ThreadingHTTPServer):
    context = None
    dropped = 0

    def get_request(self):
        connection, address = super().get_request()
        if self.context is None:
            return connection, address
        if self.dropped > 0:
            self.dropped -= 1
            connection.recv(1)
            connection.close()
            raise OSError("dropped")
        return self.context.wrap_socket(connection, server_side=True), address


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 2:
    server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.context.load_cert_chain(sys.argv[2], sys.argv[3])
    server.dropped = int(sys.argv[4])
with open(folder + "/port.part", "w") as port:
    port.write(str(server.server_address[1]))


os.rename(folder + "/port.part", folder + "/port")
server.serve_forever()
