# pip install "qdrant-client>=1.16"
import os

from qdrant_client import QdrantClient, models

vector = [0.7167348, 0.58927447, -0.3231007, -0.18615246]


def search(client):
    return client.query_points(
        "food",
        query=models.ContextQuery(
            context=[
                models.ContextPair(positive=5, negative=6),
                models.ContextPair(positive=vector, negative=9),
            ],
        ),
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
