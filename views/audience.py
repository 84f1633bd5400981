"""Who watches a feed: those who have come, and of them those who are told what happens."""

from views.feeds import Change, Watcher


class Audience:
    """`here` are all who have come; they are told from when they have `joined`, having had what was before."""

    def __init__(self) -> None:
        self.here: set[Watcher] = set()
        self._joined: set[Watcher] = set()
        self._by_origin: dict[str, set[Watcher]] = {}

    def join(self, watcher: Watcher) -> None:
        """Tell a watcher from now on."""
        self._joined.add(watcher)
        if watcher.origin is not None:
            self._by_origin.setdefault(watcher.origin, set()).add(watcher)

    def leave(self, watcher: Watcher) -> None:
        """Forget a watcher."""
        self.here.discard(watcher)
        self._joined.discard(watcher)
        if watcher.origin is not None and watcher.origin in self._by_origin:
            self._by_origin[watcher.origin].discard(watcher)
            if not self._by_origin[watcher.origin]:
                del self._by_origin[watcher.origin]

    def concerned(self, change: Change) -> set[Watcher]:
        """Give those a change is for."""
        return self._joined if change.origin is None else self._by_origin.get(change.origin, set())

    def tell(self, text: bytes) -> None:
        """Tell everybody."""
        for watcher in tuple(self._joined):
            watcher.put(text)

    def cut(self) -> None:
        """Cut everybody off."""
        for watcher in tuple(self._joined):
            watcher.cut()
