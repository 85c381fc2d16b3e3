"""How a device and headquarters meet."""
