# pip install "qdrant-edge-py>=0.7,<0.8"
# A collection is open in one process at a time: close it elsewhere first.
from qdrant_edge import (EdgeShard, Query, QueryRequest, SearchParams)

vector = [-0.17727, -0.7857036, -0.03759733, -0.59146565]


def search(shard):
    return shard.query(QueryRequest(
        query=Query.Nearest(vector),
        params=SearchParams(exact=True),
        limit=5,
        with_payload=True,
    ))


if __name__ == "__main__":
    shard = EdgeShard.load("shop/food")
    for point in search(shard):
        print(point.score, point.id, point.payload)
