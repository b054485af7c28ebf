# pip install "qdrant-client>=1.16"
import os

from qdrant_client import QdrantClient, models

filter = models.Filter.model_validate({
    "must": [{"key": "side", "match": {"value": "left"}}],
    "should": [
        {"key": "n", "range": {"lt": 50, "gte": 2.0}},
        {"key": "n", "match": {"any": [53, 55]}},
        {"must_not": [{"is_empty": {"key": "n"}}, {"has_id": [3]}]},
    ],
})


def search(client):
    return client.query_points(
        "food",
        query=17,
        query_filter=filter,
        search_params=models.SearchParams(exact=True),
        limit=5,
        with_payload=True,
    ).points


if __name__ == "__main__":
    client = QdrantClient(
        host="localhost",
        grpc_port=6334,
        prefer_grpc=True,
        https=False,
        api_key=os.environ.get("QDRANT_API_KEY"),
        check_compatibility=False,
    )
    for point in search(client):
        print(point.score, point.id, point.payload)
