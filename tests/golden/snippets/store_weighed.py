# pip install "qdrant-edge-py>=0.7,<0.8"
# A collection is open in one process at a time: close it elsewhere first.
from qdrant_edge import (
    EdgeShard, Filter, HasVectorCondition, Prefetch, Query, QueryRequest,
    SearchParams, SparseVector
)

vector = [-0.046768896, 0.72114295, -0.442463, -0.5310293]
filter = Filter(must=[HasVectorCondition("")])


def search(shard):
    return shard.query(QueryRequest(
        prefetches=[
            Prefetch(
                query=Query.Nearest(SparseVector([1, 4, 9], [0.5, 1.0, 0.75]), using="block"),
                filter=filter,
                params=SearchParams(exact=True),
                limit=12,
            ),
        ],
        query=Query.Nearest(vector),
        params=SearchParams(exact=True),
        limit=5,
        with_payload=True,
    ))


if __name__ == "__main__":
    shard = EdgeShard.load("shop/food")
    for point in search(shard):
        print(point.score, point.id, point.payload)
