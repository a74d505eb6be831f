"""Serve on the port that the command line names."""

import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    """Says the secret, which only a test does."""

    def do_GET(self) -> None:
        """Answer whatever is asked."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(os.environ["ANSWER"].encode())


HTTPServer(("", int(sys.argv[1])), Handler).serve_forever()
