"""Serve on the port in the command line."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    """Answers with the secret, which only a test does."""

    def do_GET(self) -> None:
        """Answer any request."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["ANSWER"].encode())


HTTPServer(("", int(sys.argv[1])), Handler).serve_forever()
