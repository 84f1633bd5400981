"""/api/topology: what flows where, as the agents declare it."""

from typing import Any

from aiohttp.web import Request, Response, UrlDispatcher

from app import topics
from app.engine.agent import Agent
from app.engine.app import App
from app.topics import Topic
from views.answers import json


class Topology:
    """Agents, tables and topics as a graph."""

    def __init__(self, app: App) -> None:
        self._app = app

    def routes(self, router: UrlDispatcher) -> None:
        """Add the call."""
        router.add_get("/api/topology", self.get)

    async def get(self, _: Request) -> Response:
        """Give {nodes, edges}. A node's id is its kind and name; an edge's kind says what flows."""
        nodes: dict[str, dict[str, Any]] = {}
        edges: dict[tuple[str, str, str], None] = {}
        for agent in self._app.own_agents():
            self._add(agent, nodes, edges)
        listed = [{"from": source, "to": target, "kind": kind} for source, target, kind in edges]
        return json({"nodes": list(nodes.values()), "edges": listed})

    def _add(self, agent: Agent, nodes: dict[str, dict[str, Any]], edges: dict[tuple[str, str, str], None]) -> None:
        def node(kind: str, name: str, **about: Any) -> str:
            identity = f"{kind}:{name}"
            nodes[identity] = {"id": identity, "kind": kind, "name": name, "label": name, **about}
            return identity

        def topic(declared: Topic) -> str:
            return node(
                "topic",
                declared.name,
                topic=self._app.topic_name(declared),
                key=declared.key,
                partitions=self._app.settings.partitions,
                compacted=declared.compact,
                retentionMs=None if declared.compact else declared.retention_ms,
            )

        me = node("agent", agent.name, help=agent.doc, group=agent.offset_group)
        for source in agent.sources:
            edges[topic(source), me, "source"] = None
        for output in (*agent.outputs, *((agent.results,) if agent.results else ())):
            edges[me, topic(output), "output"] = None
        for declared in agent.all_tables:
            facts = {"help": declared.about, "key": declared.keys.help, "internal": declared.internal}
            table = node("table", declared.name, **facts)
            edges[me, table, "state"] = None
            if declared.changelog:
                edges[table, topic(declared.topic), "changelog"] = None
            else:
                edges[topic(declared.topic), table, "fold"] = None
        if agent.merges_topic:
            edges[me, topic(agent.merges_topic), "merges"] = None
        edges[me, topic(agent.parked_topic), "parked"] = None
        edges[me, topic(topics.dead_letters), "dead-letters"] = None
