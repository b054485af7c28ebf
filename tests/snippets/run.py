"""Runs the Python programs of tests/golden/snippets as they are, and prints the ids that they find as JSON.

usage: run.py DATA.json SNIPPETS [--grpc PORT] [--store DIR]

DATA.json holds the points of the collection "food". Programs for a server run against the local mode of qdrant-client,
and with --grpc also against the server at that port of this machine. Programs for an embedded store run against the
collection "food" of --store, where qdrant-edge-py is installed.
"""

import argparse
import json
import pathlib
import runpy
import sys


def local_client(data):
    from qdrant_client import QdrantClient, models

    client = QdrantClient(":memory:")
    client.create_collection(
        "food",
        vectors_config=models.VectorParams(size=len(data[0]["dense"]), distance=models.Distance.COSINE),
        sparse_vectors_config={"block": models.SparseVectorParams()},
    )
    points = [
        models.PointStruct(
            id=point["id"],
            vector={"": point["dense"], "block": models.SparseVector(**point["sparse"])},
            payload=point["payload"],
        )
        for point in data
    ]
    client.upsert("food", points)
    return client


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("snippets", type=pathlib.Path)
    parser.add_argument("--grpc", type=int)
    parser.add_argument("--store", type=pathlib.Path)
    args = parser.parse_args()
    data = json.loads(args.data.read_text())
    found = {}

    def run(name, where, place):
        try:
            search = runpy.run_path(str(args.snippets / f"{name}.py"))["search"]
            ids = [point.id for point in search(place)]
        except Exception as error:
            ids = f"{type(error).__name__}: {error}"
        found.setdefault(name, {})[where] = ids

    names = sorted(path.stem for path in args.snippets.glob("*.py"))
    places = {"memory": local_client(data)}
    if args.grpc:
        from qdrant_client import QdrantClient

        places["grpc"] = QdrantClient(
            host="127.0.0.1", grpc_port=args.grpc, prefer_grpc=True, https=False, check_compatibility=False
        )
    for where, client in places.items():
        for name in names:
            if name.startswith("server_"):
                run(name, where, client)
    if args.store:
        try:
            from qdrant_edge import EdgeShard
        except ImportError:
            print("qdrant-edge-py is not installed", file=sys.stderr)
        else:
            shard = EdgeShard.load(str(args.store / "food"))
            for name in names:
                if name.startswith("store_"):
                    run(name, "edge", shard)
            shard.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
