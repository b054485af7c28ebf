# pip install "qdrant-client>=1.16"
import os

from qdrant_client import QdrantClient, models

filter = models.Filter.model_validate({"must": [{"has_vector": ""}]})


def search(client):
    return client.query_points(
        "food",
        query=models.SparseVector(indices=[1, 4, 9], values=[1.0, 0.25, 0.5]),
        using="block",
        query_filter=filter,
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
