"""The routes of the service. All responses are JSON except the contact sheet."""

from typing import Any

from celery_platform.reliability.claims import valkey_claims
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from shop.producer import orders, pictures
from shop.producer.answer import Answer, RefuseError
from shop.producer.once import Request, answer_once
from shop.producer.pressure import Pressure
from shop.producer.publishing import Publisher, PublishingError

MAX_UPLOAD_BYTES = 64 * 2**20


def create_app(publisher: Publisher | None = None) -> Flask:
    """The WSGI application.

    Example: `waitress.serve(create_app(), listen="127.0.0.1:8000")`
    """
    web = Flask("shop.producer")
    web.config["MAX_CONTENT_LENGTH"] = MAX_UPLOAD_BYTES
    publisher, pressure = publisher or Publisher(), Pressure()
    _orders(web, publisher, pressure)
    _pictures(web, publisher, pressure)
    web.register_error_handler(RefuseError, lambda error: _refuse(error.status, str(error), error.retry_after))
    web.register_error_handler(PublishingError, lambda error: _refuse(error.status, str(error), error.retry_after))
    web.register_error_handler(HTTPException, lambda error: _refuse(error.code or 500, error.description or ""))
    web.get("/health")(lambda: {"status": "ok"})
    return web


def _orders(web: Flask, publisher: Publisher, pressure: Pressure) -> None:
    @web.post("/orders")
    def take_order() -> tuple[Response, int]:
        asked = _asked()

        def work() -> Answer:
            order = orders.order_of(asked.key, request.get_json(silent=True))
            pressure.admit("payments")
            return orders.take(order, publisher)

        return _json(answer_once(valkey_claims(), asked, work))

    @web.get("/orders/<order_id>")
    def order_status(order_id: str) -> tuple[Response, int]:
        return _json(orders.status(order_id))


def _pictures(web: Flask, publisher: Publisher, pressure: Pressure) -> None:
    @web.put("/pictures/<name>")
    def take_picture(name: str) -> tuple[Response, int]:
        asked = _asked()

        def work() -> Answer:
            picture = pictures.picture_of(asked.key, name)
            pressure.admit("thumbnails")
            return pictures.take(picture, request.get_data(), publisher)

        return _json(answer_once(valkey_claims(), asked, work))

    @web.get("/pictures/<id_>/<name>")
    def picture_status(id_: str, name: str) -> tuple[Response, int]:
        return _json(pictures.status(f"{id_}/{name}"))

    @web.get("/pictures/<id_>/<name>/sheet")
    def picture_sheet(id_: str, name: str) -> Response:
        return Response(pictures.sheet(f"{id_}/{name}"), mimetype="image/jpeg")


def _asked() -> Request:
    """The request with everything that must not change for its key, including method and path."""
    line = f"{request.method} {request.path}\n".encode()
    return Request(request.headers.get("Idempotency-Key", ""), line + request.get_data())


def _json(answer: Answer) -> tuple[Response, int]:
    return jsonify(answer.body), answer.status


def _refuse(status: int, why: str, retry_after: int | None = None) -> Any:
    answer = jsonify(error=why)
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer, status
