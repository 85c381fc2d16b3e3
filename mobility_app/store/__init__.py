"""What is kept on a device, and the tables that HQ shares with it."""
