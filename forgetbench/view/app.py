"""The routes: which page stands at which address. Nothing is ever written."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from forgetbench.errors import InputError, first_line
from forgetbench.messages import translated as _
from forgetbench.sanitize import one_line
from forgetbench.view.catalogue import Broken, Catalogue
from forgetbench.view.groups import grouped
from forgetbench.view.guards import Guard
from forgetbench.view.pages import Pages
from forgetbench.view.reports import Reports


def view_app(results: Path, names: Collection[str] = ("localhost",), *, loopback: bool = True) -> ASGIApp:
    """The whole application for one results folder; `names` and `loopback` as in `Guard`."""
    view = _View(Catalogue(results))
    routes = [
        Route("/", view.home),
        Route("/style.css", view.style),
        Route("/comparisons/{name}", view.comparison),
        Route("/bases/{key}", view.base),
        Route("/trajectories/{name}", view.trajectory),
    ]
    handlers = {HTTPException: view.refused, InputError: view.unreadable, Exception: view.unforeseen}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), names, loopback=loopback)


class _View:
    """The answers. They read files and compute: Starlette runs each in a thread of its own."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._pages = Pages(catalogue)
        self._reports = Reports(catalogue)

    def home(self, request: Request) -> Response:
        return HTMLResponse(self._pages.home())

    def style(self, request: Request) -> Response:
        return Response(self._pages.style(), media_type="text/css")

    def comparison(self, request: Request) -> Response:
        name = request.path_params["name"]
        found = self._catalogue.comparison(name)
        if found is None:
            raise HTTPException(404)
        if isinstance(found, Broken):
            raise InputError(found.reason)
        return self._reports.page(name, found)

    def base(self, request: Request) -> Response:
        for group in grouped(self._catalogue.comparisons().sound):
            if group.key == request.path_params["key"]:
                return HTMLResponse(self._pages.group(group))
        raise HTTPException(404)

    def trajectory(self, request: Request) -> Response:
        name = request.path_params["name"]
        found = self._catalogue.trajectory(name)
        if found is None:
            raise HTTPException(404)
        if isinstance(found, Broken):
            raise InputError(found.reason)
        return HTMLResponse(self._pages.trajectory(name, found))

    # --- what went wrong ----------------------------------------------------------------------

    async def refused(self, request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        return self._failure(_("Nothing stands here"), _("There is no such page in this results folder."), status)

    async def unreadable(self, request: Request, error: Exception) -> Response:
        return self._failure(_("This cannot be shown"), one_line(str(error), 600), 422)

    async def unforeseen(self, request: Request, error: Exception) -> Response:
        reason = f"{type(error).__name__}: {one_line(first_line(error), 400)}"
        return self._failure(_("This is a fault in forgetbench, please report it"), reason, 500)

    def _failure(self, title: str, reason: str, status: int) -> Response:
        return HTMLResponse(self._pages.failure(title, reason), status)
