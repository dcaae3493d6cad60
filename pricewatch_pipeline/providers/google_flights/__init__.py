"""Flight searches on Google Flights: a trip, or a whole matrix of trips."""

from pricewatch_pipeline.providers.google_flights.provider import GoogleFlightsProvider

__all__ = ["GoogleFlightsProvider"]
