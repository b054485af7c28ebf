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
                query=Query.Nearest(
                    SparseVector(
                        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
                        [
                            -0.698, 0.11199999, 0.80410004, -0.7343, -0.44230002, -0.8034, -0.2923,
                            -0.18900001, -0.32349998, 0.5582, 0.97249997, -0.8415
                        ],
                    ),
                    using="block",
                ),
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
