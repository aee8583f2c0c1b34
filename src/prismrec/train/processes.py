"""Several new processes for one run, as torchrun would start them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.multiprocessing import get_context
from torch.multiprocessing.spawn import ProcessExitedException, start_processes

from prismrec.errors import BadData, PrismrecError
from prismrec.train import Progress, Training, checkpoint, group
from prismrec.train.checkpoint import State

__all__ = ["Report", "launch"]

Report = Callable[[Progress], None]
SECONDS = 0.1  # between two looks at what the processes have reported
RESULT = "result.safetensors"


def launch(work: Callable[[Report], State], how: Training) -> State:
    """Do some work in `how.processes` new processes, each with its share of the cores.

    The state comes home in a file and not through a queue: who waits for a process to end does not
    empty its queue, and a process does not end before its queue is empty.

    Args:
        work: what to do, given whom to tell of each epoch; what the first one makes is returned.
        how: options of the run, its device known. Its `progress` is called here, in this process.

    Raises:
        BadData: where a process dies, and whatever else `prismrec.errors` the work raises.
    """
    n, queue = how.processes, get_context("spawn").SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="prismrec-") as folder:
        place = Path(folder)
        threads = max(1, torch.get_num_threads() // n)
        given = (n, threads, how.device, place, queue, work)
        context: Any = start_processes(_process, given, n, join=False)  # type: ignore[no-untyped-call]
        try:
            while not context.join(timeout=SECONDS):
                _heard(queue, how.progress)
            _heard(queue, how.progress)
        except ProcessExitedException as error:
            _heard(queue, how.progress)
            raise BadData(_died(error)) from None
        finally:
            for process in context.processes:
                process.kill()
                process.join()
        found = checkpoint.read(place / RESULT, "")
    if found is None:
        raise BadData("the processes of the training were interrupted")
    return found[0]


def _process(rank: int, *given: Any) -> None:
    """What a new process does; its number comes first."""
    n, threads, device, place, queue, work = given
    torch.set_num_threads(threads)
    os.environ["LOCAL_RANK"] = str(rank)
    # A file to meet at: a port may be taken by somebody else before all have arrived.
    group.join(device, meeting=(place / "meeting").as_uri(), rank=rank, size=n)
    try:
        state = work(queue.put)
        if rank == 0:
            checkpoint.write(place / RESULT, state, {}, name="")
    except PrismrecError as error:
        queue.put(error)


def _heard(queue: Any, report: Report | None) -> None:
    """Pass on what the processes have said since."""
    while not queue.empty():
        said = queue.get()
        if isinstance(said, PrismrecError):
            raise said
        if report is not None:
            report(said)


def _died(error: ProcessExitedException) -> str:
    if error.signal_name:
        return (
            f"a process of the training was ended by {error.signal_name}: give it more memory (in "
            "a container also shared memory, --shm-size), or ask for fewer processes"
        )
    return (
        "a process of the training could not start: a script that asks for several must have its "
        'work below `if __name__ == "__main__":`'
    )
