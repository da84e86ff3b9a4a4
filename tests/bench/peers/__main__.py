"""`python -m tests.bench.peers save|carry SIDE PLACE`: a clerk's program, or what carries."""

from __future__ import annotations

import argparse
import logging

from tests.bench.peers.comparing import SIDES, side_class
from tests.bench.peers.processes import place_of
from tests.bench.peers.side import changes_of


def main() -> None:
    """Save the changes that are not saved yet, or carry until killed."""
    told = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    told.add_argument("what", choices=("save", "carry"))
    told.add_argument("side", choices=[*SIDES])
    told.add_argument("place")
    told.add_argument("--until", type=int, default=0)
    args = told.parse_args()
    logging.basicConfig(level=logging.WARNING)
    side = side_class(args.side)(place_of(args.place))
    if args.what == "carry":
        side.run()
        return
    ((addresses,),) = side.source.execute("SELECT COUNT(*) FROM ADDRESSES")
    for change in changes_of(args.until, addresses)[side.saved() :]:
        side.save(change)


if __name__ == "__main__":
    main()
