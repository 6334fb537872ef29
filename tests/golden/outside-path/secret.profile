# A key.
key = profile x {
