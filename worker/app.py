"""The one composition root: adapters are made here and handed to flow."""
