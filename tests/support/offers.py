"""Products of AWS's Price List, as GetProducts returns them."""

from __future__ import annotations

import json


def product(usage_type: str, usd: str) -> str:
    """Return one product with its price on demand."""
    dimension = {"unit": "hours", "beginRange": "0", "endRange": "Inf", "pricePerUnit": {"USD": usd}}
    return json.dumps(
        {
            "product": {"productFamily": "Compute", "attributes": {"usagetype": usage_type, "servicecode": "AmazonECS"}, "sku": "SKU"},
            "serviceCode": "AmazonECS",
            "terms": {"OnDemand": {"SKU.TERM": {"priceDimensions": {"SKU.TERM.RATE": dimension}, "sku": "SKU"}}},
            "version": "20261001000000",
            "publicationDate": "2026-10-01T00:00:00Z",
        }
    )
