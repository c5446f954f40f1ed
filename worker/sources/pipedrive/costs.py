"""The cost of each request in tokens of the company's daily budget. It does not depend on `limit`.

https://developers.pipedrive.com/docs/api/v1 names the cost of every endpoint. The size of the daily budget:
https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
"""

from collections.abc import Mapping

PIPELINES = "GET /api/v2/pipelines"
PIPELINE = "GET /api/v2/pipelines/{id}"
ADD_PIPELINE = "POST /api/v2/pipelines"
EDIT_PIPELINE = "PATCH /api/v2/pipelines/{id}"
DROP_PIPELINE = "DELETE /api/v2/pipelines/{id}"
CONVERSION = "GET /api/v1/pipelines/{id}/conversion_statistics"
MOVEMENTS = "GET /api/v1/pipelines/{id}/movement_statistics"
PIPELINE_DEALS = "GET /api/v1/pipelines/{id}/deals"
SUMMARY = "GET /api/v1/deals/summary"
DEALS = "GET /api/v2/deals"
DEAL = "GET /api/v2/deals/{id}"
ARCHIVED = "GET /api/v2/deals/archived"
STAGES = "GET /api/v2/stages"
USERS = "GET /api/v1/users"
ME = "GET /api/v1/users/me"
CURRENCIES = "GET /api/v1/currencies"
FILTERS = "GET /api/v1/filters"
WEBHOOKS = "GET /api/v1/webhooks"
ADD_WEBHOOK = "POST /api/v1/webhooks"
DROP_WEBHOOK = "DELETE /api/v1/webhooks/{id}"

COSTS: Mapping[str, int] = {
    PIPELINES: 5,
    PIPELINE: 1,
    ADD_PIPELINE: 5,
    EDIT_PIPELINE: 5,
    DROP_PIPELINE: 3,
    CONVERSION: 40,
    MOVEMENTS: 40,
    PIPELINE_DEALS: 20,
    SUMMARY: 40,
    DEALS: 10,
    DEAL: 1,
    ARCHIVED: 20,
    STAGES: 5,
    USERS: 20,
    ME: 2,
    CURRENCIES: 20,
    FILTERS: 20,
    WEBHOOKS: 10,
    ADD_WEBHOOK: 10,
    DROP_WEBHOOK: 6,
}
"""Endpoint → tokens. The API's version is part of the endpoint, because v1 and v2 differ in cost and shape. The cost of
the list of filters is not documented; it is assumed to be that of v1's other lists.
"""

BURST_SECONDS = 2.0
"""The rolling window of the other limit, which counts requests per token."""
