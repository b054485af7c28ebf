# pip install "qdrant-edge-py>=0.7,<0.8"
# A collection is open in one process at a time: close it elsewhere first.
from qdrant_edge import (
    EdgeShard, Filter, HasVectorCondition, Query, QueryRequest, SparseVector
)

filter = Filter(must=[HasVectorCondition("")])


def search(shard):
    return shard.query(QueryRequest(
        query=Query.Nearest(SparseVector([1, 4, 9], [1.0, 0.25, 0.5]), using="block"),
        filter=filter,
        limit=5,
        with_payload=True,
    ))


if __name__ == "__main__":
    shard = EdgeShard.load("shop/food")
    for point in search(shard):
        print(point.score, point.id, point.payload)
