# pip install "qdrant-client>=1.16"
import os

from qdrant_client import QdrantClient, models

vector = [-0.17727, -0.7857036, -0.03759733, -0.59146565]


def search(client):
    return client.query_points(
        "food",
        query=vector,
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
