"""Forecasts of a customer's revenue, made by a short-lived process of their own: statistics weigh 120 MB, the app does not.

`history` is plain Python: what is asked and answered, and whether there is enough to go by. `child` starts the process,
`fit` is what runs in it. Nothing here reads a store, keeps a file or knows a screen.
"""
