"""The routes: which page, and which answer to its browser of flips, stands at which address. Nothing is written."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from forgetbench.errors import InputError, first_line
from forgetbench.messages import translated as _
from forgetbench.records import Comparison
from forgetbench.report.flips.page import hosted
from forgetbench.sanitize import one_line
from forgetbench.view.asked import filter_of, slice_of, sort_of
from forgetbench.view.catalogue import Broken, Catalogue
from forgetbench.view.flip_pages import FlipPages
from forgetbench.view.flip_store import FlipStore
from forgetbench.view.groups import Group, grouped
from forgetbench.view.guards import Guard, policy
from forgetbench.view.pages import Pages
from forgetbench.view.reports import Reports

T = TypeVar("T")


def view_app(results: Path, names: Collection[str] = ("localhost",), *, loopback: bool = True) -> ASGIApp:
    """The whole application for one results folder; `names` and `loopback` as in `Guard`."""
    view = _View(Catalogue(results))
    routes = [
        Route("/", view.home),
        Route("/style.css", view.style),
        Route("/trajectories/{name}", view.trajectory),
        Route("/{kind:str}/{name}", view.compared),
        Route("/{kind:str}/{name}/flips", view.flips),
        Route("/{kind:str}/{name}/flips/facets", view.facets),
        Route("/{kind:str}/{name}/flips/item", view.item),
        Route("/{kind:str}/{name}/flips/rows.jsonl", view.exported),
    ]
    handlers = {HTTPException: view.refused, InputError: view.unreadable, Exception: view.unforeseen}
    return Guard(Starlette(routes=routes, exception_handlers=handlers), names, loopback=loopback)


class _View:
    """The answers. They read files and compute: Starlette runs each in a thread of its own."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._pages = Pages(catalogue)
        self._reports = Reports(catalogue)
        self._flips = FlipStore(catalogue)

    # --- pages --------------------------------------------------------------------------------

    def home(self, request: Request) -> Response:
        return HTMLResponse(self._pages.home())

    def style(self, request: Request) -> Response:
        return Response(self._pages.style(), media_type="text/css")

    def trajectory(self, request: Request) -> Response:
        name = request.path_params["name"]
        return HTMLResponse(self._pages.trajectory(name, _there(self._catalogue.trajectory(name))))

    def compared(self, request: Request) -> Response:
        """The page of a comparison, or of all candidates of a base."""
        found = self._asked(request)
        if isinstance(found, Group):
            return self._group(found)
        return self._reports.page(request.path_params["name"], found)

    def _group(self, group: Group) -> Response:
        browser = hosted(f"/bases/{group.key}/flips")
        return HTMLResponse(
            self._pages.group(group, browser.markup), headers={"Content-Security-Policy": policy(browser.scripts)}
        )

    # --- what their browser of flips asks -----------------------------------------------------

    def flips(self, request: Request) -> Response:
        flips = self._flips_of(request)
        wanted = filter_of(request.query_params, flips.n_candidates)
        sort, part = sort_of(request.query_params), slice_of(request.query_params)
        rows = flips.page(wanted, sort, part) if part.stop > part.start else []
        return JSONResponse({"count": flips.count(wanted), "rows": rows})

    def facets(self, request: Request) -> Response:
        return JSONResponse(self._flips_of(request).facets())

    def item(self, request: Request) -> Response:
        found = self._flips_of(request).item(request.query_params.get("key", ""))
        if found is None:
            raise HTTPException(404)
        return JSONResponse(found)

    def exported(self, request: Request) -> Response:
        """All rows that a filter leaves, whole, one JSON object per line."""
        flips = self._flips_of(request)
        wanted, sort = filter_of(request.query_params, flips.n_candidates), sort_of(request.query_params)
        lines = (f"{json.dumps(row, ensure_ascii=False)}\n" for row in flips.whole(wanted, sort))
        headers = {"Content-Disposition": 'attachment; filename="items.jsonl"'}
        return StreamingResponse(lines, headers=headers, media_type="application/jsonl")

    def _flips_of(self, request: Request) -> FlipPages:
        found = self._asked(request)
        return self._flips.of(found.members if isinstance(found, Group) else {request.path_params["name"]: found})

    def _asked(self, request: Request) -> Comparison | Group:
        """What the address names. HTTPException where there is no such thing, InputError where it is broken."""
        kind, name = request.path_params["kind"], request.path_params["name"]
        if kind == "comparisons":
            return _there(self._catalogue.comparison(name))
        if kind == "bases":
            groups = grouped(self._catalogue.comparisons().sound)
            return _there(next((group for group in groups if group.key == name), None))
        raise HTTPException(404)

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


def _there(found: T | Broken | None) -> T:
    if found is None:
        raise HTTPException(404)
    if isinstance(found, Broken):
        raise InputError(found.reason)
    return found
