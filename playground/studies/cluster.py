"""Training on a Dask cluster: an executor whose workers are processes elsewhere. Needs the extra `cluster`.

The workers need this program, in the same version, and the files that an experiment names.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from playground.files.errors import InputError, MissingError, reason_of

_PATIENCE = 10
"""Seconds to wait for the scheduler and its first worker."""


@contextmanager
def cluster_executor(address: str) -> Iterator[tuple[Executor, int]]:
    """Return the executor of the cluster with this scheduler address, and how many members its workers train at once.

    A chunk whose worker dies is trained again by another. Raises InputError.
    """
    try:
        from distributed import Client
        from distributed.comm.addressing import get_address_host_port
    except ImportError as error:
        raise MissingError(
            "the library of --dask", 'install it with pip install "neural-network-playground[cluster]"'
        ) from error
    try:
        # A client that can't connect would leave a thread behind.
        socket.create_connection(get_address_host_port(address), _PATIENCE).close()
        client = Client(address, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError("--dask", address, f"the address of a Dask scheduler ({reason_of(error)})") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError as error:
            raise InputError("--dask", address, "the address of a Dask scheduler with workers") from error
        threads = sum(client.nthreads().values())
        # Trainings follow from their experiments alone, but every one is wanted once: results are not shared by key.
        with client.get_executor(pure=False) as executor:
            yield executor, threads
