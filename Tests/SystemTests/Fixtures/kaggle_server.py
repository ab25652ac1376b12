"""A stand-in for Kaggle's API, for tests: `kaggle_server.py FOLDER`. Prints its port, and ends when its standard input does.

The first part of a request's path is what the server does; the second request is answered with a redirection, as Kaggle does.
"""

import base64
import http.server
import io
import os
import sys
import threading
import zipfile
from pathlib import Path

KEY = "Basic " + base64.b64encode(b"somebody:secret").decode()
FOLDER = Path(sys.argv[1])


def archive(files, attributes=0):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = attributes
            file.writestr(entry, content)
    return stream.getvalue()


SOUND = archive({f"celeba_hq_256/{i:05}.jpg": os.urandom(2000) for i in range(20)} | {"celeba_hq_256/about.txt": b"faces"})
ARCHIVES = {
    "sound": SOUND,
    "cut": SOUND,
    "changed": SOUND,
    "damaged": SOUND[: len(SOUND) // 2] + b"?" * 100 + SOUND[len(SOUND) // 2 + 100 :],
    "climbs": archive({"../climbed.jpg": b"x"}),
    "link": archive({"celeba_hq_256/1.jpg": b"/etc/passwd"}, 0o120777 << 16),
    "text": archive({"celeba_hq_256/about.txt": b"faces"}),
    "no-zip": b"version https://git-lfs.github.com/spec/v1\n",
}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cuts = set()

    def log_message(self, *arguments):
        pass

    def reply(self, status, body, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        _, mode, *rest = self.path.split("/")
        with (FOLDER / "requests").open("a") as log:
            log.write(f"{mode} {rest[0]} {self.headers.get('Range', '-')}\n")
        if rest[0] == "api":
            if mode == "forbidden":
                return self.reply(403, b'{"code":403,"message":"Permission \x1b[31mdenied"}', {})
            if mode == "page":
                return self.reply(200, b"<html>Sign in</html>", {"Content-Type": "text/html; charset=utf-8"})
            if mode == "busy":
                return self.reply(503, b"", {})
            if self.headers.get("Authorization") != KEY:
                return self.reply(401, b'{"code":401,"message":"Unauthenticated"}', {})
            # Another host, as far as HTTP can tell.
            return self.reply(302, b"", {"Location": f"http://localhost:{self.server.server_port}/{mode}/files"})
        if "Authorization" in self.headers:
            return self.reply(500, b"the key was sent to another host", {})
        # Made only if it is asked for: it takes some tenths of a second.
        body = archive({"celeba_hq_256/1.jpg": bytes(1 << 25)}) if mode == "bomb" else ARCHIVES[mode]
        tag = '"1"'
        if mode == "changed" and mode in self.cuts:
            tag = '"2"'
        headers = {"ETag": tag, "Content-Type": "application/zip", "Content-Length": str(len(body))}
        if mode == "huge":
            headers["Content-Length"] = str(1 << 40)
        start = 0
        if self.headers.get("Range") and self.headers.get("If-Range") == tag:
            start = int(self.headers["Range"].removeprefix("bytes=").removesuffix("-"))
            if start >= len(body):
                return self.reply(416, b"", {"Content-Range": f"bytes */{len(body)}"})
            headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
            headers["Content-Length"] = str(len(body) - start)
        if mode in ("cut", "changed") and mode not in self.cuts:
            self.cuts.add(mode)
            self.reply(200, body[: len(body) // 2], headers)
            self.close_connection = True
            return
        self.reply(206 if start else 200, body[start:], headers)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
