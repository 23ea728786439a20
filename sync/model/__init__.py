"""The values that both halves speak in. Nothing here decides or does anything."""
