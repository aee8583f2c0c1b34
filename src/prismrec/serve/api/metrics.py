"""Metrics: what Prometheus reads, in a registry of the app's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

__all__ = ["METRICS_TYPE", "Metrics"]

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


class Metrics:
    """Counts of one app. Labels are templates of routes, never what a client made up."""

    def __init__(self, service: Any) -> None:
        self.registry = CollectorRegistry()
        labels = ("route", "method", "status")
        self.requests = Counter(
            "prismrec_requests", "Requests answered.", labels, registry=self.registry
        )
        self.seconds = Histogram(
            "prismrec_request_seconds",
            "Time from the request's head to the end of its answer.",
            labels[:2],
            registry=self.registry,
            buckets=SECONDS,
        )
        self.in_flight = Gauge(
            "prismrec_requests_in_flight", "Requests being answered.", registry=self.registry
        )
        self.events = Counter(
            "prismrec_events_stored", "Events that were new and stored.", registry=self.registry
        )
        self.items = Counter(
            "prismrec_items_put", "Items posted, by what came of it.", ("outcome",),
            registry=self.registry,
        )  # fmt: skip
        self.encoded = Counter(
            "prismrec_media_encoded", "Media of posted items that were encoded while the client "
            "waited.", ("modality",), registry=self.registry,
        )  # fmt: skip
        self.registry.register(_State(service))

    def took(self, where: tuple[str, str], status: int, seconds: float) -> None:
        """Count a request, by its route's template and method."""
        route, method = where[0] or "none", where[1] if where[1] in METHODS else "other"
        self.requests.labels(route, method, str(status)).inc()
        self.seconds.labels(route, method).observe(seconds)

    def text(self) -> bytes:
        """All of it as Prometheus reads it."""
        return generate_latest(self.registry)


class _State(Collector):
    """What the service says of itself, asked when somebody looks."""

    def __init__(self, service: Any) -> None:
        self.service = service

    def describe(self) -> Iterable[Metric]:
        """Nothing: the service need not be asked when this is registered."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """The numbers; what takes long to count is left to `Service.status`."""
        ready = self.service.readiness()
        waiting = sum(self.service.intake.waiting.values())
        for name, text, value in (
            ("prismrec_ready", "Whether the server is ready.", bool(ready.get("ready"))),
            ("prismrec_database_up", "Whether the database answers.", ready["database"] == "ok"),
            ("prismrec_search_ready", "Whether search is warm.", ready.get("search") == "ready"),
            (
                "prismrec_queue",
                "Posted items that wait to be encoded.",
                waiting,
            ),
        ):
            yield GaugeMetricFamily(name, text, value=float(value))
        info = GaugeMetricFamily(
            "prismrec_model_info", "1 for the version that answers.", labels=("version",)
        )
        info.add_metric([str(ready.get("version", "unknown"))], 1.0)
        yield info
